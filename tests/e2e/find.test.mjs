// find.test.mjs -- how people get about: search, keys and their switch, the inbox at a
// glance, news in stories, versions, a ledger to take along.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { api, axe, furnish, launch, missing, open, overflow, program1, propose, serve, signIn, stateOf, until } from "./stage.mjs";

const why = missing();

describe("getting about", { skip: why ?? false }, () => {
  let site, browser, owner, rae, page, job;

  before(async () => {
    site = await serve();
    await site.addUser("olive@example.org", "Olive Owner", "owner");
    await site.addUser("rae@example.org", "Rae Researcher", "researcher");
    await site.addUser("sam@example.org", "Sam Stranger", "researcher");
    owner = await api(site.url, "olive@example.org");
    rae = await api(site.url, "rae@example.org");
    await furnish(owner, rae.me.id);
    job = (await propose(rae)).id;
    await until(async () => (await stateOf(owner, job)) === "in_review", "the checks");
    await rae("POST", `/jobs/${job}/versions`, { source: `-- again\n${program1}` });
    await until(async () => (await stateOf(owner, job)) === "in_review", "the checks");
    browser = await launch();
    page = await open(browser, site.url);
    await signIn(page, "olive@example.org");
    await page.locator(".row-link").first().waitFor();
  });
  after(async () => {
    await browser?.close();
    await site?.stop();
  });

  const search = () => page.getByRole("dialog", { name: "Search" });

  it("searches what one may list, from anywhere, by keys alone", async () => {
    await page.goto("/settings");
    await page.locator("h1").waitFor();
    await page.keyboard.press("/");
    await search().locator("input:focus").waitFor();
    await page.keyboard.type("WARD stays");
    await search().getByRole("link", { name: /Stays by ward/ }).waitFor();
    assert.equal(await search().getByRole("link").count(), 1);
    assert.deepEqual(await axe(page), []);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/jobs/${job}`);
    assert.equal(await search().count(), 0);
  });

  it("says that nothing fits, closes with Escape, and opens by the button", async () => {
    await page.getByRole("button", { name: "Search" }).click();
    await search().locator("input:focus").waitFor();
    await page.keyboard.type("no such thing");
    await search().getByText("Nothing fits.").waitFor();
    await page.keyboard.press("Escape");
    await until(async () => (await search().count()) === 0, "the dialog to close");
  });

  it("finds nothing of others", async () => {
    const theirs = await open(browser, site.url);
    await signIn(theirs, "sam@example.org");
    await theirs.keyboard.press("/");
    await theirs.locator("dialog input:focus").waitFor();
    await theirs.keyboard.type("stays");
    await theirs.getByText("Nothing fits.").waitFor();
    await theirs.context().close();
  });

  it("fits a narrow window", async () => {
    const narrow = await open(browser, site.url, { viewport: { width: 320, height: 480 } });
    await signIn(narrow, "olive@example.org");
    await narrow.getByRole("button", { name: "Search" }).click();
    await narrow.locator("dialog input:focus").waitFor();
    await narrow.keyboard.type("admissions");
    await narrow.getByRole("dialog").getByRole("link").first().waitFor();
    assert.ok((await overflow(narrow)) <= 0);
    assert.ok(await narrow.getByRole("dialog").evaluate((d) => d.scrollWidth <= d.clientWidth));
    await narrow.context().close();
  });

  it("lists its keys, and has them switched off", async () => {
    await page.goto("/inbox");
    await page.locator(".row-link").first().waitFor();
    await page.keyboard.press("?");
    const keys = page.getByRole("dialog", { name: "Keyboard shortcuts" });
    await keys.getByText("Next and previous change").waitFor();
    assert.deepEqual(await axe(page), []);
    await keys.getByLabel("Use these keys").uncheck();
    await page.keyboard.press("Escape");
    await until(async () => (await keys.count()) === 0, "the dialog to close");
    for (const key of ["/", "?", "j", "g", "d"]) await page.keyboard.press(key);
    assert.equal(await page.getByRole("dialog").count(), 0);
    assert.equal(new URL(page.url()).pathname, "/inbox");
    await page.goto("/settings");
    await page.getByLabel("Use these keys").check();
    await page.locator("h1").click();
    await page.keyboard.press("g");
    await page.keyboard.press("d");
    await page.waitForURL("**/datasets");
  });

  it("sees at a glance who waits and which budget runs low", async () => {
    const low = { accounting: "pure", epsilon: "3", delta: "0", spent: "2.5", reserved: "0", free: "0.5", rho: null, frozen: null, population: null };
    await page.route("**/api/v1/datasets/admissions/budget", (route) => route.fulfill({ contentType: "application/json", body: JSON.stringify(low) }));
    await page.goto("/inbox");
    const stats = page.locator(".stats");
    await stats.getByRole("link", { name: "admissions" }).waitFor();
    assert.match(await stats.textContent(), /Stays by ward.*No job ended yet/);
    await page.unroute("**/api/v1/datasets/admissions/budget");
    await page.reload();
    await stats.getByText("None").waitFor();
    await page.getByText("revised").waitFor();
  });

  it("narrows all jobs to a state, and keeps it in the address", async () => {
    await page.goto("/inbox?show=all");
    await page.getByLabel("State").selectOption("rejected");
    await page.getByText("No jobs here.").waitFor();
    assert.match(page.url(), /state=rejected/);
    await page.goto("/inbox?show=all&state=in_review");
    await page.getByRole("link", { name: /Stays by ward/ }).waitFor();
  });

  it("reads an older version of a job and comes back", async () => {
    await page.goto(`/jobs/${job}`);
    await page.getByText("-- again").waitFor();
    assert.equal(await page.locator(".nav [aria-current]").textContent(), "Inbox");
    await page.getByLabel("Version").selectOption("1");
    await until(async () => (await page.getByText("-- again").count()) === 0, "version 1");
    assert.match(page.url(), /v=1/);
    await page.getByLabel("Version").selectOption("2");
    await page.getByText("-- again").waitFor();
  });

  it("reads the moves of a job as one piece of news", async () => {
    await page.goto("/notifications");
    await page.getByText("Before that: Checking → In review → Checking").waitFor();
    assert.equal(await page.locator(".row", { hasText: "Stays by ward" }).count(), 1);
  });

  it("foresees when a budget is used up, once there is a pace", async () => {
    const { body } = await owner("GET", "/datasets/admissions/budget");
    const answer = (value) => (route) => route.fulfill({ contentType: "application/json", body: JSON.stringify(value) });
    const pace = async (days, words) => {
      const at = (ago) => new Date(Date.now() - ago * 86_400_000).toISOString();
      const points = [[days, "0", "3"], [0, "1", "2"]].map(([ago, spent, free], seq) =>
        ({ seq: seq + 1, time: at(ago), epsilon: "3", spent, reserved: "0", free }));
      await page.route("**/budget/history?*", answer({ items: points, next_cursor: null }));
      await page.route("**/datasets/admissions/budget", answer({ ...body, spent: "1", reserved: "0", free: "2" }));
      await page.goto("/budgets/admissions");
      await page.locator(".chart").waitFor();
      assert.equal(await page.getByText(words).count(), 1, `${days} days`);
      await page.unrouteAll();
    };
    await pace(30, /used up in (59|60) days/);
    await pace(2, /Nothing ever refills it\.\s*$/);
  });

  it("shows who may use how much", async () => {
    await page.goto("/budgets/admissions");
    await page.getByText("No project has asked for anything yet.").waitFor();
    await owner("POST", `/jobs/${job}/reviews`, { version: 2, decision: "approve", comment: "", checklist: {},
      source_sha256: (await owner("GET", `/jobs/${job}`)).body.source_sha256 },
    { "If-Match": (await owner("GET", `/jobs/${job}`)).etag });
    const shares = page.getByRole("region", { name: "Who may use how much" });
    await shares.getByRole("link", { name: "Ageing and stay" }).waitFor();
    await until(async () => (await stateOf(owner, job)) === "released", "the run");
    await until(async () => /Rae Researchernone0\.3/.test(await shares.textContent()), "what was spent");
  });

  it("takes the whole ledger along", async () => {
    await page.goto("/budgets/admissions?tab=ledger");
    const [download] = await Promise.all([page.waitForEvent("download"),
      page.getByRole("button", { name: "Export CSV" }).click()]);
    const lines = (await readFile(await download.path(), "utf8")).trim().split("\r\n");
    const { body } = await owner("GET", "/datasets/admissions/ledger");
    assert.equal(lines.length, 1 + body.items.length);
    assert.match(lines[0], /^seq,time,kind,job,/);
    assert.deepEqual(page.breaches, []);
  });
});
