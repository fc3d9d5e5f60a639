// shots.mjs -- draws pages in light and dark and at a narrow width, for eyes.
//   BASE=http://127.0.0.1:8080 PASSWORD=... node tests/e2e/dev/shots.mjs OUT_DIR EMAIL PATH...
import { createRequire } from "node:module";
import { mkdir } from "node:fs/promises";
const require = createRequire(new URL("../../../web/package.json", import.meta.url));
const { chromium } = require("playwright-core");

const [out, email, ...paths] = process.argv.slice(2);
const base = process.env.BASE ?? "http://127.0.0.1:8080";
await mkdir(out, { recursive: true });
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
const looks = (process.env.LOOKS ?? "light,dark,narrow").split(",");
for (const look of looks) {
  const context = await browser.newContext({ colorScheme: look === "dark" ? "dark" : "light",
    viewport: look === "narrow" ? { width: 320, height: 700 } : { width: Number(process.env.W ?? 1480), height: 900 } });
  const page = await context.newPage();
  page.on("console", (m) => { if (m.type() === "error") console.log(look, m.text()); });
  page.on("pageerror", (e) => console.log(look, "error", e.message, e.stack?.split("\n")[1]));
  await page.addInitScript((l) => localStorage.setItem("language", l), process.env.L ?? "en");
  await page.goto(base + "/");
  if (email !== "-") {
    await page.fill("input[type=email]", email);
    await page.fill("input[type=password]", process.env.PASSWORD ?? "");
    await page.click("button[type=submit]");
    await page.waitForSelector(".nav");
  }
  for (const path of paths) {
    await page.goto(base + path);
    await page.waitForTimeout(500);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (over > 0) console.log(look, path, "overflows by", over);
    const name = path.replaceAll(/[^\w]+/g, "_").slice(0, 60) || "_";
    await page.screenshot({ path: `${out}/${name}-${look}.png`, fullPage: true });
  }
  await context.close();
}
await browser.close();
