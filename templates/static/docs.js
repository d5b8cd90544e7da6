// Make the commands on this page call the service that served it.

const example = "https://pay.example";

for (const code of document.querySelectorAll("pre code")) {
  const texts = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(example, location.origin);
}
