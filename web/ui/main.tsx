// main.tsx -- the entry: texts, theme, session, then the app.
import "./style.css";
import { render } from "preact";
import { App } from "./app";
import { startRouter } from "./router";
import { resume } from "./session";
import { loadTexts } from "./texts";
import { startTheme } from "./theme";

async function main(): Promise<void> {
  startTheme();
  await loadTexts();
  startRouter();
  render(<App />, document.getElementById("app")!);
  if (location.pathname !== "/setup") await resume();
}

void main();
