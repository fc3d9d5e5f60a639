// bench.mjs -- how long the pages take, by the browser's own clock: first paint, a list of
// 1 000 jobs, a program and a difference of 5 000 lines, and what a click or a key waits for
// among those. Prints one line each.
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

/** From a click inside the app to the frame after the content that it asks for stands. */
function click(selector, ready) {
  return page.evaluate(async ([at, wanted]) => {
    const began = performance.now();
    document.querySelector(at).click();
    while (!document.querySelector(wanted)) await new Promise(requestAnimationFrame);
    await new Promise((r) => requestAnimationFrame(() => setTimeout(r)));
    return Math.round(performance.now() - began);
  }, [selector, ready]);
}
/** The same for the way to a page, from one that has nothing to do with it. */
async function moment(path, ready) {
  await page.goto("/settings");
  await page.locator("h1").waitFor();
  await page.evaluate((to) => {
    const a = document.createElement("a");
    a.id = "way";
    a.href = to;
    document.querySelector("main").append(a);
  }, path);
  return click("#way", ready);
}
const json = (value) => (route) => route.fulfill({ contentType: "application/json", body: JSON.stringify(value) });
/** As long as a program may be: 64 KiB, every third line another one. */
const program = (tag) => Array.from({ length: LINES }, (_, i) =>
  `a=${i % 97}+${i % 3 ? "b" : tag}`).join("\n");
const print = (what, ms) => console.log(`${what.padEnd(40)} ${String(ms).padStart(6)} ms`);

await page.goto("/inbox");
await page.getByRole("link", { name: /Stays by ward/ }).waitFor();
const paint = () => page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
print("first contentful paint, inbox", Math.round(await until(paint, "the paint")));
print("job page, from the inbox", await moment(`/jobs/${job.id}`, ".lines tr"));

const jobs = Array.from({ length: ROWS }, (_, i) => ({ ...body, id: `job_${String(i).padStart(26, "0")}` }));
// All of them wait for the reader; nothing is done.
await page.route("**/api/v1/jobs?*", (route) => json({ next_cursor: null,
  items: route.request().url().includes("waiting_on=reviewer") ? jobs : [] })(route));
for (const [what, last] of [["a window full", 50], ["to its end", ROWS]]) {
  await page.goto("/inbox?show=done");
  await page.locator(".empty").waitFor();
  print(`list of ${ROWS} jobs, ${what}`, await click("a[href*='show=mine']", `.row:nth-child(${last})`));
}

await page.route(`**/api/v1/jobs/${job.id}`, json({ ...body, version: 2 }));
await page.route("**/versions/*/source", (route) => route.fulfill({ contentType: "text/x-lua",
  body: program(route.request().url().includes("/1/") ? "old" : "new") }));
print(`program of ${LINES} lines, a window full`, await moment(`/jobs/${job.id}`, "#L60"));
print(`program of ${LINES} lines, to its end`, await moment(`/jobs/${job.id}`, `#L${LINES}`));
const changes = `/jobs/${job.id}?tab=changes`;
await page.goto(`/jobs/${job.id}?tab=talk`);
await page.locator(".talk").waitFor();
print(`difference of ${LINES} lines`, await click("a[href*='tab=changes']", ".hunk tr:nth-child(60)"));
await page.goto(changes);
await page.locator(".hunk tr").first().waitFor();
print("the same side by side", await click(".bar-row input", ".split tr:nth-child(60)"));

/** What the browser itself takes note of: from a key or a click to the next frame shown. */
await page.addInitScript(() => {
  globalThis.delays = {};
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) {
      if (e.interactionId) delays[e.interactionId] = Math.max(delays[e.interactionId] ?? 0, e.duration);
    }
  }).observe({ type: "event", durationThreshold: 16 });
});
await page.goto(changes);
await page.locator(".hunk tr").first().waitFor();
const acts = {
  "the diff, side by side": () => page.locator(".bar-row input").first().click(),
  "the next change": () => page.keyboard.press("n"),
  "the diff, without white space": () => page.locator(".bar-row input").last().click(),
  "the program": () => page.locator("a[href*='tab=code']").first().click(),
  "a comment on a line": () => page.locator("#L30 .number button").click(),
  "typing it": () => page.keyboard.type("why?"),
  "giving it up": () => page.locator(".thread .buttons button").last().click(),
  "the reason": () => page.locator("#decide textarea").click(),
  "typing in it": () => page.keyboard.type("line 12: why?"),
  "the decision": () => page.locator("#decide button").first().click(),
  "closing it": () => page.keyboard.press("Escape"),
  "the mock result": () => page.locator("a[href*='tab=mock']").first().click(),
  "the changes": () => page.locator("a[href*='tab=changes']").first().click(),
};
const worstOf = () => page.evaluate(() => {
  const now = Math.max(0, ...Object.values(delays));
  globalThis.delays = {};
  return now;
});
const worst = [];
for (const [what, act] of Object.entries(acts)) {
  await act();
  await page.waitForTimeout(400);
  worst.push([await worstOf(), what]);
}
worst.sort(([a], [b]) => b - a);
for (const [ms, what] of worst.slice(0, 3)) print(`interaction delay: ${what}`, ms);
print("interaction delay, median", worst[worst.length >> 1][0]);

await browser.close();
await site.stop();
