// access.test.mjs -- coming to a dataset without a grant: found, asked for, refused, granted.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { api, axe, furnish, launch, missing, open, overflow, serve, signIn, until } from "./stage.mjs";

const why = missing();
const hostile = "<img src=x onerror=alert(1)> stays of the old\nfor the county";

describe("access", { skip: why ?? false }, () => {
  let site, browser, owner, rae, nora;

  before(async () => {
    site = await serve();
    await site.addUser("olive@example.org", "Olive Owner", "owner");
    await site.addUser("rae@example.org", "Rae Researcher", "researcher");
    await site.addUser("nora@example.org", "Nora New", "researcher");
    owner = await api(site.url, "olive@example.org");
    rae = await api(site.url, "rae@example.org");
    nora = await api(site.url, "nora@example.org");
    await furnish(owner, rae.me.id);
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await site?.stop();
  });

  const as = async (email, path, options) => {
    const page = await open(browser, site.url, options);
    await signIn(page, email);
    await page.goto(path);
    await page.locator("h1").waitFor();
    return page;
  };
  const done = async (page) => {
    assert.deepEqual(await axe(page), []);
    assert.ok(await overflow(page) <= 0, "wider than its window");
    assert.deepEqual(page.breaches, []);
    await page.context().close();
  };
  const asked = async () => (await owner("GET", "/datasets/admissions/access_requests")).body.items;

  it("is nobody's to ask for until the owner lets the dataset be known", async () => {
    const page = await as("nora@example.org", "/datasets");
    await page.getByText("Nothing else can be asked for.").waitFor();
    const olive = await as("olive@example.org", "/datasets/admissions?tab=access");
    await olive.getByText("Nobody waits for an answer.").waitFor();
    const mark = olive.getByLabel(/Every researcher may know of it/);
    await mark.focus();
    await olive.keyboard.press("Space");
    await until(async () => (await owner("GET", "/datasets/admissions")).body.discoverable, "the mark");
    await done(olive);
    await page.reload();
    await page.getByRole("link", { name: /Hospital admissions/ }).waitFor();
    await done(page);
  });

  it("is asked for with a purpose by the keyboard alone, and withdrawn", async () => {
    const page = await as("nora@example.org", "/datasets/admissions");
    await page.getByRole("heading", { name: "Ask for access" }).waitFor();
    assert.equal(await page.getByText("ward").count(), 0, "nothing of what is declared");
    const purpose = page.getByLabel("What do you want to find out?");
    await purpose.focus();
    await page.keyboard.type(hostile.split("\n")[0]);
    await page.keyboard.press("Enter");
    await page.keyboard.type(hostile.split("\n")[1]);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByText("Olive Owner has not answered yet.").waitFor();
    assert.deepEqual((await asked()).map((r) => [r.purpose, r.state]), [[hostile, "open"]]);
    assert.deepEqual(await axe(page), []);
    await page.getByRole("button", { name: "Withdraw the request" }).click();
    await page.getByText("withdrawn", { exact: true }).waitFor();
    await page.getByLabel("What do you want to find out?").waitFor();
    await done(page);
  });

  it("is refused with a reason that who asked reads", async () => {
    await nora("POST", "/datasets/admissions/access_requests", { purpose: hostile });
    const page = await as("olive@example.org", "/inbox");
    await page.getByRole("link", { name: /1 × admissions/ }).click();
    await page.getByRole("button", { name: "Refuse… Nora New" }).click();
    const dialog = page.getByRole("dialog", { name: "Refuse Nora New access" });
    assert.deepEqual(await axe(page), []);
    await dialog.getByLabel("Why").fill("Ask the county first.");
    await dialog.getByRole("button", { name: "Refuse" }).click();
    await page.getByText("Nora New was told why.").waitFor();
    await page.getByText("2 decided requests").waitFor();
    await done(page);
    const other = await as("nora@example.org", "/notifications");
    await other.getByText("Access was refused.").waitFor();
    await other.getByRole("link", { name: /admissions/ }).first().click();
    await other.getByText(/Ask the county first/).waitFor();
    await done(other);
  });

  it("is granted under the eyes of who waits", async () => {
    await nora("POST", "/datasets/admissions/access_requests", { purpose: "The county agreed." });
    const waiting = await as("nora@example.org", "/datasets/admissions");
    await waiting.getByText("Olive Owner has not answered yet.").waitFor();
    const page = await as("olive@example.org", "/notifications");
    await page.getByRole("link", { name: /Somebody asks for access/ }).first().click();
    await page.getByRole("button", { name: "Grant Nora New" }).first().click();
    await page.getByText("Nora New may use the dataset.").waitFor();
    await page.getByRole("button", { name: "Take back Nora New" }).waitFor();
    await done(page);
    await waiting.getByRole("link", { name: "Columns" }).waitFor();
    await done(waiting);
  });

  it("tells of a list that cannot be had, and gets it when asked again", async () => {
    const problem = { type: "/problems/internal", title: "x", status: 500, detail: "x", instance: "req_1" };
    for (const [email, path, requests] of [
      ["nora@example.org", "/datasets", "**/api/v1/catalogue?*"],
      ["olive@example.org", "/datasets/admissions?tab=access", "**/access_requests?*"]]) {
      const page = await as(email, "/notifications");
      let answer = () => {};
      const told = new Promise((r) => { answer = r; });
      await page.route(requests, async (route) => {
        await told;
        await route.fulfill({ status: 500, contentType: "application/problem+json", body: JSON.stringify(problem) });
      });
      await page.goto(path);
      await until(async () => (await page.locator(".bone").count()) > 0, "it to say that it loads");
      answer();
      await page.locator(".trouble").first().waitFor();
      await page.unroute(requests);
      await page.getByRole("button", { name: "Try again" }).first().click();
      await until(async () => (await page.locator(".trouble").count()) === 0, "it to come");
      await page.context().close();
    }
  });

  it("stands in 320 px, in the dark and in German", async () => {
    await site.addUser("neu@example.org", "Nele Neu", "researcher");
    for (const options of [{ viewport: { width: 320, height: 700 } }, { colorScheme: "dark" }, { locale: "de" }]) {
      const page = await as("neu@example.org", "/datasets/admissions", options);
      await page.locator("textarea").waitFor();
      if (options.locale) await page.getByRole("button", { name: "Um Freigabe bitten" }).waitFor();
      await done(page);
      const queue = await as("olive@example.org", "/datasets/admissions?tab=access", options);
      await queue.locator("details summary").first().waitFor();
      await queue.locator("details summary").filter({ hasText: /3/ }).click();
      await done(queue);
    }
  });
});
