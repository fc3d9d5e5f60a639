// hostile.test.mjs -- what researchers write is shown and does nothing, on every page
// that an owner opens.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { api, furnish, launch, missing, open, overflow, picture, propose, serve, signIn, until, stateOf } from "./stage.mjs";

const why = missing();
const bait = "\"><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}";
const long = "W".repeat(180);

describe("hostile text", { skip: why ?? false }, () => {
  let site, browser, page, job, owner;

  before(async () => {
    site = await serve();
    await site.addUser("olive@example.org", "Olive Owner", "owner", "admin");
    await site.addUser("rae@example.org", `Rae ${bait}`, "researcher");
    owner = await api(site.url, "olive@example.org");
    const rae = await api(site.url, "rae@example.org");
    await furnish(owner, rae.me.id, { title: bait, description: bait });
    const source = `-- ${bait}\nlocal v = site.open "admissions"\nprint("${bait.replaceAll("\"", "'")}")\n`
      + `return { n = v:count{ epsilon = 0.1 }:release(), ["<b>x</b>"] = 1 }\n`;
    job = (await propose(rae, { title: bait, question: `${bait} ${long}`, source,
      outputs: [{ name: "n", description: `${bait} ${long}`.slice(0, 200) }] })).id;
    await until(async () => (await stateOf(owner, job)) !== "checking", "the checks");
    browser = await launch();
    page = await open(browser, site.url);
    await signIn(page, "olive@example.org");
  });
  after(async () => {
    await browser?.close();
    await site?.stop();
  });

  const pages = () => ["/inbox?show=all", `/jobs/${job}`, `/jobs/${job}?tab=mock`, `/jobs/${job}?tab=checks`,
    `/jobs/${job}?tab=talk`, "/datasets", "/datasets/admissions", "/datasets/admissions?tab=access",
    "/datasets/admissions/policies", "/budgets", "/budgets/admissions?tab=ledger", "/people", "/audit", "/notifications"];

  it("is inert on every page", async () => {
    for (const path of pages()) {
      await page.goto(path);
      await page.locator("h1").first().waitFor();
      await until(async () => (await page.locator(".bone").count()) === 0, `${path} to load`);
      assert.equal(await page.locator("main img").count(), 0, `${path}: no image came of it`);
      assert.equal(await page.locator("main script").count(), 0, `${path}: no script came of it`);
      assert.ok((await overflow(page)) <= 0, `${path}: long words wrap`);
      assert.deepEqual(page.breaches, [], path);
    }
  });

  it("is inert in what search finds", async () => {
    await page.goto("/settings");
    await page.locator("h1").waitFor();
    await page.keyboard.press("/");
    await page.locator("dialog input:focus").waitFor();
    await page.keyboard.type("onerror");
    await until(async () => (await page.locator(".hits a").count()) >= 3, "job, dataset and person");
    assert.equal(await page.locator("dialog img, dialog script").count(), 0);
    assert.ok(await page.getByRole("dialog").evaluate((d) => d.scrollWidth <= d.clientWidth), "long words wrap");
    assert.deepEqual(page.breaches, []);
  });

  it("is shown as it was written", async () => {
    await page.goto(`/jobs/${job}`);
    const title = await page.locator("h1").textContent();
    assert.equal(title, bait);
  });

  it("is text in a chart that is kept", async () => {
    const key = `</text><script>alert(1)</script>&"'\u202e\uffff`;
    await page.route(`**/jobs/${job}`, async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...await answer.json(), state: "released" } });
    });
    await page.route(`**/jobs/${job}/result`, (route) => route.request().resourceType() === "document"
      ? route.continue() : route.fulfill({ json: { outputs: { n: { [key]: { value: 3, error95: 1 }, b: -2 } },
        measurements: [], withheld: [], receipt: { receipt: {}, signature: "" } } }));
    await page.goto(`/jobs/${job}/result`);
    const [download] = await Promise.all([page.waitForEvent("download"),
      page.getByRole("button", { name: "SVG" }).click()]);
    const file = join(site.dir, "result.svg");
    const found = await picture(browser, download, file);
    assert.ok((await readFile(file, "utf8"))
      .includes("&lt;/text&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&apos;&lt;U+202E&gt;\ufffd"));
    assert.deepEqual([found.root, found.broken, found.active, found.handlers, found.bars], ["svg", false, 0, false, 2]);
    assert.ok(found.text.includes(bait), "the title is there as it was written");
    assert.deepEqual(page.breaches, []);
    await page.unrouteAll();
  });

  it("cannot hide or reorder: such characters are shown by number", async () => {
    await page.route("**/versions/*/source", (route) => route.fulfill({ contentType: "text/x-lua",
      body: "local a = 1 --\u202e } evil\u2066\nlocal\u200b b = 2\n" }));
    await page.goto(`/jobs/${job}`);
    await page.getByText("<U+202E>").waitFor();
    const text = await page.locator(".code").textContent();
    assert.match(text, /<U\+200B>/);
    assert.doesNotMatch(text, /[\u202a-\u202e\u2066-\u2069\u200b]/);
  });
});
