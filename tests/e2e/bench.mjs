// bench.mjs -- how long the pages take, by the browser's own clock: first paint, a list of
// 1 000 jobs, a program of 5 000 lines, a difference of 5 000 lines. Prints one line each.
//   node tests/e2e/bench.mjs
import { api, furnish, launch, missing, open, propose, serve, signIn, stateOf, until } from "./stage.mjs";

const why = missing();
if (why) {
  console.log(`skipped: ${why}`);
  process.exit(0);
}
const ROWS = 1_000;
const LINES = 5_000;

const site = await serve();
await site.addUser("olive@example.org", "Olive Owner", "owner");
await site.addUser("rae@example.org", "Rae Researcher", "researcher");
const owner = await api(site.url, "olive@example.org");
const rae = await api(site.url, "rae@example.org");
await furnish(owner, rae.me.id);
const job = await propose(rae);
await until(async () => (await stateOf(owner, job.id)) === "in_review", "the checks");
const { body } = await owner("GET", `/jobs/${job.id}`);

const browser = await launch();
const page = await open(browser, site.url);
await signIn(page, "olive@example.org");

/** From the click on a link inside the app to the frame after its content stands. */
async function moment(path, ready) {
  await page.goto("/settings");
  await page.locator("h1").waitFor();
  return page.evaluate(async ([to, wanted]) => {
    const a = document.createElement("a");
    a.href = to;
    document.querySelector("main").append(a);
    const began = performance.now();
    a.click();
    while (!document.querySelector(wanted)) await new Promise(requestAnimationFrame);
    await new Promise((r) => requestAnimationFrame(() => setTimeout(r)));
    return Math.round(performance.now() - began);
  }, [path, ready]);
}
const json = (value) => (route) => route.fulfill({ contentType: "application/json", body: JSON.stringify(value) });
const program = (tag) => Array.from({ length: LINES }, (_, i) =>
  `local x${i} = v:where "age >= ${i % 90}"${i % 3 ? "" : ` -- ${tag}`}`).join("\n");
const print = (what, ms) => console.log(`${what.padEnd(36)} ${String(ms).padStart(6)} ms`);

await page.goto("/inbox");
await page.getByRole("link", { name: /Stays by ward/ }).waitFor();
print("first contentful paint, inbox", await page.evaluate(() =>
  Math.round(performance.getEntriesByName("first-contentful-paint")[0].startTime)));
print("job page, from the inbox", await moment(`/jobs/${job.id}`, ".lines tr"));

const jobs = Array.from({ length: ROWS }, (_, i) => ({ ...body, id: `job_${String(i).padStart(26, "0")}` }));
await page.route("**/api/v1/jobs?*", json({ items: jobs, next_cursor: null }));
print(`list of ${ROWS} jobs`, await moment("/inbox?show=all", `.row:nth-child(${ROWS})`));

await page.route(`**/api/v1/jobs/${job.id}`, json({ ...body, version: 2 }));
await page.route("**/versions/*/source", (route) => route.fulfill({ contentType: "text/x-lua",
  body: program(route.request().url().includes("/1/") ? "before" : "after") }));
print(`program of ${LINES} lines`, await moment(`/jobs/${job.id}`, `#L${LINES}`));
print(`difference of ${LINES} lines`, await moment(`/jobs/${job.id}?tab=changes`, ".hunk tr"));

await browser.close();
await site.stop();
