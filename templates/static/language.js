// Leads to the page in the language that the browser prefers, if neither the address nor the merchant
// has chosen one. The server does the same for whoever finds no page in the cache.

function translate() {
  if (!document.querySelector("main[data-any-language]")) return;
  for (const tag of navigator.languages) {
    const [language] = tag.toLowerCase().split("-");
    if (language === document.documentElement.lang) return;
    const link = document.querySelector(`[data-language="${CSS.escape(language)}"]`);
    if (link) return location.replace(link.href);
  }
}

translate();
