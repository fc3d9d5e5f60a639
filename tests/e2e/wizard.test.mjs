// wizard.test.mjs -- a dataset that is half made is gone on with: after a reload, and when it
// lacks data, mock or publication.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { api, axe, hospitalCsv, hospitalSchema, launch, missing, open, overflow, serve, shows, signIn, until } from "./stage.mjs";

const why = missing();

describe("the wizard", { skip: why ?? false }, () => {
  let site, browser, owner, file;

  before(async () => {
    site = await serve();
    await site.addUser("olive@example.org", "Olive Owner", "owner");
    owner = await api(site.url, "olive@example.org");
    file = join(site.dir, "stays.csv");
    await writeFile(file, hospitalCsv());
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await site?.stop();
  });

  const step = (page) => page.locator("[aria-current=step]").textContent();
  const next = (page) => page.getByRole("button", { name: "Next" }).click();

  it("goes on after a reload where one was, without the file", async () => {
    const page = await open(browser, site.url);
    await signIn(page, "olive@example.org");
    await page.goto("/datasets/new");
    await page.locator("input[type=file]").setInputFiles(file);
    await until(() => page.getByRole("button", { name: "Next" }).isEnabled(), "a proposed schema");
    await page.getByLabel("Title").fill("Stays of two years");
    await next(page);
    await page.getByLabel("Column that names the person").selectOption("patient");
    await page.getByLabel("Rows per person at most").fill("3");
    await page.reload();
    assert.match(await step(page), /People/);
    await shows(page.getByLabel("Rows per person at most"), "3");
    const kept = await page.evaluate(() => JSON.stringify({ ...sessionStorage }));
    assert.ok(!kept.includes("p17"), "nothing of the file is kept");
    await page.getByText("This is where you were.").waitFor();
    assert.deepEqual(await axe(page), []);
    await next(page);
    await page.getByLabel("Type of patient").selectOption("id");
    await page.getByLabel(/These bounds and categories/).check();
    await next(page);
    await page.getByLabel("ε in all").fill("3");
    await next(page);
    await page.reload();
    await page.getByText("Stays of two years").waitFor();
    await page.getByLabel(/Choose stays.csv again/).setInputFiles(file);
    await page.getByRole("button", { name: "Create the dataset" }).click();
    await page.waitForURL("**/datasets/stays");
    const { body } = await owner("GET", "/datasets/stays");
    assert.deepEqual([body.title, body.data_version, body.unit.max_rows], ["Stays of two years", 1, 3]);
    await page.goto("/datasets/new");
    await page.getByText("Choose a CSV file").waitFor();
    assert.equal(await page.getByText("This is where you were.").count(), 0, "what is made is not kept");
    assert.deepEqual(page.breaches, []);
    await page.context().close();
  });

  it("begins anew when asked, and for another person", async () => {
    await site.addUser("otto@example.org", "Otto Other", "owner");
    const page = await open(browser, site.url);
    await signIn(page, "olive@example.org");
    await page.goto("/datasets/new");
    await page.getByLabel("Title").fill("Half");
    await page.reload();
    await shows(page.getByLabel("Title"), "Half");
    await page.getByRole("button", { name: "Start over" }).click();
    await shows(page.getByLabel("Title"), "");
    await page.getByLabel("Title").fill("Mine");
    await page.context().clearCookies();
    await signIn(page, "otto@example.org");
    await page.goto("/datasets/new");
    await page.getByLabel("Title").waitFor();
    await shows(page.getByLabel("Title"), "");
    await page.context().close();
  });

  it("goes on with a dataset that is made, at what it lacks", async () => {
    await owner("POST", "/datasets", { name: "draft", title: "A draft", description: "", ...hospitalSchema,
      budget: { epsilon: "1", delta: "0" }, policy: "dp-only" });
    const page = await open(browser, site.url, { viewport: { width: 320, height: 800 } });
    await signIn(page, "olive@example.org");
    await page.goto("/datasets/draft");
    await page.getByRole("link", { name: "Go on setting it up" }).click();
    await page.getByRole("heading", { name: "A draft" }).waitFor();
    assert.match(await step(page), /Data/);
    assert.deepEqual(await axe(page), []);
    await page.locator("input[type=file]").setInputFiles(file);
    await until(async () => /Mock/.test(await step(page)), "the data to be there");
    await page.reload();
    await page.getByRole("button", { name: "Generate" }).click();
    await until(async () => /Publish/.test(await step(page)), "the mock to be there");
    await until(() => page.evaluate(() => document.activeElement.tagName === "H2"), "the step to begin at its title");
    assert.ok(await overflow(page) <= 0);
    await page.getByRole("button", { name: "Publish" }).click();
    await page.waitForURL("**/datasets/draft");
    assert.equal((await owner("GET", "/datasets/draft")).body.published, true);
    assert.deepEqual(page.breaches, []);
    await page.context().close();
  });

  it("has nothing to go on with in a dataset that is published, or not there", async () => {
    const page = await open(browser, site.url);
    await signIn(page, "olive@example.org");
    await page.goto("/datasets/new?dataset=draft");
    await page.waitForURL("**/datasets/draft");
    await page.goto("/datasets/new?dataset=nothing");
    await page.locator(".trouble").waitFor();
    await page.context().close();
  });
});
