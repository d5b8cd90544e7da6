// Makes the examples call the service that served the page, copies them, lets all of them follow one
// choice of a language, and searches the headings. The page is complete without it.

const example = "https://pay.example";

for (const code of document.querySelectorAll("pre code")) {
  const texts = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(example, location.origin);
}

// Copying

for (const figure of document.querySelectorAll(".sample")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    const shown = [...figure.querySelectorAll("pre")].filter((pre) => pre.offsetParent !== null);
    try {
      await navigator.clipboard.writeText(shown.map((pre) => pre.innerText).join("\n\n"));
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed";
    }
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  figure.querySelector("figcaption").append(button);
}

// Languages

const KEY = "docs-language";
const radios = [...document.querySelectorAll(".languages input")];

function choose(language) {
  for (const radio of radios) if (radio.value === language) radio.checked = true;
}

for (const radio of radios) {
  radio.addEventListener("change", () => {
    // What is above the example may change its height: keep the example where it is.
    const before = radio.getBoundingClientRect().top;
    choose(radio.value);
    scrollBy({ top: radio.getBoundingClientRect().top - before, behavior: "instant" });
    try {
      localStorage.setItem(KEY, radio.value);
    } catch {
      // A browser that stores nothing keeps the choice for this visit.
    }
  });
}
try {
  choose(localStorage.getItem(KEY));
} catch {
  // As above.
}

// Search

const box = document.querySelector("search");
const input = box.querySelector("input");
const found = box.querySelector(".found");
const contents = document.querySelector(".masthead nav");
const headings = [...document.querySelectorAll("main h2, main h3, main [data-testid^='error-'] dt code")].map((heading) => {
  const place = heading.matches("code") ? heading.closest("[id]") : (heading.closest(".part[id]") ?? heading);
  const chapter = heading.closest(".group")?.querySelector("h2")?.textContent ?? "";
  const path = heading.closest(".part")?.querySelector(".route code")?.textContent ?? "";
  const where = `${heading.textContent} ${chapter} ${path} ${place.id}`.toLowerCase();
  return { text: heading.textContent.trim(), chapter, id: place.id, where };
}).filter((h, i, all) => h.id && all.findIndex((other) => other.id === h.id) === i);

function search() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  contents.hidden = words.length > 0;
  const matches = words.length === 0 ? [] : headings.filter((h) => words.every((word) => h.where.includes(word)));
  found.replaceChildren(...matches.slice(0, 30).map((h) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `#${h.id}`;
    link.textContent = h.text;
    item.append(link);
    if (h.chapter && h.chapter !== h.text) {
      const chapter = document.createElement("span");
      chapter.className = "quiet";
      chapter.textContent = h.chapter;
      item.append(" ", chapter);
    }
    return item;
  }));
  if (words.length > 0 && matches.length === 0) {
    const none = document.createElement("li");
    none.className = "quiet";
    none.textContent = "No heading has these words.";
    found.append(none);
  }
}

box.hidden = false;
input.addEventListener("input", search);
box.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    input.value = "";
    search();
  } else if (event.key === "Enter" && event.target === input) {
    found.querySelector("a")?.click();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.closest("input, textarea")) {
    event.preventDefault();
    input.focus();
  }
});
