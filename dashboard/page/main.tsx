import { render } from "preact";
import { App } from "./app.tsx";
import { keepToken } from "./server.ts";

keepToken();
const page = document.getElementById("page");
if (page !== null) {
  page.replaceChildren();
  render(<App first={page.dataset.first === "ledger" ? "ledger" : "stack"} />, page);
}
