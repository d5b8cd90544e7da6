// Offers to print the receipt, which a browser also saves that way.

const button = document.querySelector("[data-print]");
button.hidden = false;
button.addEventListener("click", () => print());
