// keyboard.test.mjs -- what people do without a mouse: a dataset made, a job written and
// sent, its changes read, a result released, a budget raised and shared out.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { api, furnish, hospitalCsv, launch, missing, open, program1, propose, serve, signIn, stateOf, until } from "./stage.mjs";

const why = missing();
const TABS_MAX = 90;

describe("the keyboard alone", { skip: why ?? false }, () => {
  let site, browser, owner, rae;

  before(async () => {
    site = await serve();
    await site.addUser("olive@example.org", "Olive Owner", "owner", "admin");
    await site.addUser("rae@example.org", "Rae Researcher", "researcher");
    await site.addUser("ravi@example.org", "Ravi Reader", "researcher");
    owner = await api(site.url, "olive@example.org");
    rae = await api(site.url, "rae@example.org");
    await furnish(owner, rae.me.id);
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await site?.stop();
  });

  /** Tab by tab to where a person would have to get; fails where that cannot be reached. */
  async function tabTo(page, target) {
    await target.waitFor();
    for (let i = 0; i < TABS_MAX; i++) {
      if (await target.evaluate((e) => e === document.activeElement)) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`no way by Tab to ${target}`);
  }
  async function press(page, name) {
    await tabTo(page, page.getByRole("button", { name }));
    await page.keyboard.press("Enter");
  }
  async function type(page, label, text) {
    await tabTo(page, page.getByLabel(label, { exact: true }));
    await page.keyboard.press("Control+A");
    await page.keyboard.type(text);
  }
  async function as(email, path) {
    const page = await open(browser, site.url);
    await signIn(page, email);
    await page.goto(path);
    await page.locator("h1").waitFor();
    return page;
  }

  it("makes a dataset", async () => {
    const file = join(site.dir, "stays.csv");
    await writeFile(file, hospitalCsv());
    const page = await as("olive@example.org", "/datasets/new");
    const choosing = page.waitForEvent("filechooser");
    await press(page, "Choose a CSV file");
    await (await choosing).setFiles(file);
    const next = page.getByRole("button", { name: "Next" });
    await until(() => next.isEnabled(), "a proposed schema");
    await page.getByRole("cell", { name: "p0" }).first().waitFor();
    await press(page, "Next");
    await tabTo(page, page.getByLabel("Column that names the person"));
    await page.keyboard.type("patient");
    await type(page, "Rows per person at most", "3");
    await press(page, "Next");
    await until(() => page.evaluate(() => document.activeElement.tagName === "H2"), "the step to begin at its title");
    await tabTo(page, page.getByLabel("Type of patient"));
    await page.keyboard.type("identifier");
    await tabTo(page, page.getByLabel(/These bounds and categories/));
    await page.keyboard.press("Space");
    await press(page, "Next");
    await type(page, "ε in all", "3");
    await press(page, "Next");
    await press(page, "Create the dataset");
    await page.waitForURL("**/datasets/stays");
    assert.deepEqual(page.breaches, []);
    await page.context().close();
  });

  it("grants it by name and takes it back", async () => {
    const page = await as("olive@example.org", "/datasets/admissions?tab=access");
    await page.getByRole("rowheader", { name: /Rae Researcher/ }).waitFor();
    await type(page, "Name or e-mail", "ravi");
    await press(page, "Grant Ravi Reader");
    await page.getByRole("rowheader", { name: /Ravi Reader/ }).waitFor();
    const held = async () => (await owner("GET", "/datasets/admissions/grants")).body.items.map((g) => g.name);
    assert.deepEqual((await held()).sort(), ["Rae Researcher", "Ravi Reader"]);
    await press(page, "Take back Ravi Reader");
    await until(async () => (await held()).length === 1, "the grant to end");
    await page.context().close();
  });

  it("writes a job, runs it on the mock and submits it", async () => {
    await rae("POST", "/projects", { title: "Wards", purpose: "Plan the wards.", datasets: ["admissions"] });
    const page = await as("rae@example.org", "/jobs/new");
    await type(page, "Title", "Typed");
    await type(page, "Question", "How many stays has each ward?");
    await type(page, "Lua program", program1);
    await type(page, "ε at most", "0.5");
    await type(page, "Name", "n");
    await type(page, "What it is, in which unit, of whom", "stays");
    await press(page, "Run on the mock");
    await page.getByText("MOCK.").waitFor();
    await press(page, "Submit for review");
    await page.waitForURL(/\/jobs\/job_/);
    assert.deepEqual(page.breaches, []);
    await page.context().close();
  });

  it("reads what changed, place by place, both ways", async () => {
    const lines = Array.from({ length: 40 }, (_, i) => `-- line ${i}`);
    const source = (a, b) => [...lines.slice(0, 3), a, ...lines.slice(4, 30), b, ...lines.slice(31), program1].join("\n");
    const [one, two, first, second] = ["one", "two", "first", "second"].map((w) => `-- the count of stays is the ${w}`);
    const job = await propose(rae, { source: source(one, two) });
    await until(async () => (await stateOf(owner, job.id)) === "in_review", "the checks");
    await rae("POST", `/jobs/${job.id}/versions`, { source: source(first, second) });
    await until(async () => (await stateOf(owner, job.id)) === "in_review", "the checks");
    const page = await as("olive@example.org", `/jobs/${job.id}?tab=changes`);
    await page.locator(".hunk").nth(1).waitFor();
    const at = () => page.evaluate(() => document.activeElement.getAttribute("aria-label"));
    await page.keyboard.press("n");
    assert.match(await at(), /^Change 1,/);
    await page.keyboard.press("n");
    assert.match(await at(), /^Change 2,/);
    await page.keyboard.press("p");
    assert.match(await at(), /^Change 1,/);
    assert.deepEqual(await page.locator("del").allTextContents(), ["one", "two"]);
    await page.locator("body").press("Control+Home");
    await page.reload();
    await tabTo(page, page.getByLabel("Side by side"));
    await page.keyboard.press("Space");
    await page.locator(".split").first().waitFor();
    assert.deepEqual(await page.locator("ins").allTextContents(), ["first", "second"]);
    assert.equal(await page.getByRole("combobox", { name: "From" }).inputValue(), "1");
    await page.context().close();
  });

  it("releases a sealed result", async () => {
    const job = await propose(rae, { title: "True figures", lane: "exact", source: `local v = site.open "admissions"
return { n = v:count{ epsilon = 0.1 }:exact() }
` });
    await until(async () => (await stateOf(owner, job.id)) === "in_review", "the checks");
    const seen = await owner("GET", `/jobs/${job.id}`);
    await owner("POST", `/jobs/${job.id}/reviews`, { version: 1, source_sha256: seen.body.source_sha256,
      decision: "approve", comment: "", checklist: {} }, { "If-Match": seen.etag });
    await until(async () => (await stateOf(owner, job.id)) === "held", "the run");
    const page = await as("olive@example.org", `/jobs/${job.id}/release`);
    await press(page, "Release…");
    await page.getByRole("dialog").waitFor();
    await tabTo(page, page.getByRole("dialog").getByRole("button", { name: "Release" }));
    await page.keyboard.press("Enter");
    await until(async () => (await stateOf(owner, job.id)) === "released", "the release");
    await page.context().close();
  });

  it("asks what a price would mean and raises a budget", async () => {
    const page = await as("olive@example.org", "/budgets/admissions");
    await type(page, "ε of one job", "0.5");
    await page.getByText(/such jobs? fits? into what is free/).waitFor();
    await type(page, "How many such jobs", "9");
    await page.getByText(/more than the ε/).waitFor();
    await tabTo(page, page.getByRole("link", { name: "Changes" }));
    await page.keyboard.press("Enter");
    await type(page, "ε in all", "4");
    await type(page, "Reason", "Another year of data.");
    await page.keyboard.press("Enter");
    await until(async () => (await owner("GET", "/datasets/admissions/budget")).body.epsilon === "4", "the raise");
    assert.deepEqual(page.breaches, []);
    await page.context().close();
  });
});
