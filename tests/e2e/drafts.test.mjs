// drafts.test.mjs -- what is written and not sent outlives the page and the session; it is
// shown to nobody else, and goes when it is sent or its writer signs out.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { api, axe, furnish, launch, missing, open, program1, propose, serve, shows, signIn, signOut, stateOf, until } from "./stage.mjs";

const why = missing();

describe("drafts", { skip: why ?? false }, () => {
  let site, browser, page, owner, rae;

  before(async () => {
    site = await serve();
    await site.addUser("olive@example.org", "Olive Owner", "owner");
    await site.addUser("rae@example.org", "Rae Researcher", "researcher");
    await site.addUser("ria@example.org", "Ria Researcher", "researcher");
    owner = await api(site.url, "olive@example.org");
    rae = await api(site.url, "rae@example.org");
    const ria = await api(site.url, "ria@example.org");
    for (const name of ["admissions", "visits"]) await furnish(owner, rae.me.id, { name });
    await owner("PUT", `/datasets/admissions/grants/${ria.me.id}`, {});
    await rae("POST", "/projects", { title: "Both", purpose: "To compare.", datasets: ["admissions", "visits"] });
    await ria("POST", "/projects", { title: "One", purpose: "To look.", datasets: ["admissions"] });
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await site?.stop();
  });
  beforeEach(async () => {
    await page?.context().close();
    page = await open(browser, site.url);
    await signIn(page, "rae@example.org");
    await page.goto("/jobs/new");
    await source().waitFor();
  });

  const source = () => page.getByLabel("Lua program");
  const again = async () => {
    await page.reload();
    await source().waitFor();
  };
  const kept = () => page.evaluate(() => Object.keys(localStorage).filter((k) => k.startsWith("draft:")));
  const write = async (text) => {
    await page.getByLabel("Title").fill("Half a title");
    await page.getByLabel("Question").fill("Half a question?");
    await source().fill(text);
  };

  it("outlive a reload, to the last letter, and can be discarded", async () => {
    assert.deepEqual(await kept(), [], "an empty form is no draft");
    await write("-- half a program");
    await again();
    await shows(source(), "-- half a program");
    await shows(page.getByLabel("Question"), "Half a question?");
    await page.getByText("This is the draft that you left here.").waitFor();
    assert.deepEqual(await axe(page), []);
    await page.getByRole("button", { name: "Discard the draft" }).click();
    await shows(source(), "");
    await again();
    await shows(source(), "");
    assert.deepEqual(await kept(), []);
    assert.deepEqual(page.breaches, []);
  });

  it("outlive a session that ended, and wait for their writer", async () => {
    await write("-- before the session ended");
    await page.context().clearCookies();
    await page.reload();
    await signIn(page, "ria@example.org");
    await page.goto("/jobs/new");
    await source().waitFor();
    await shows(source(), "", "the page of another person to be empty");
    assert.equal(await page.getByText("This is the draft").count(), 0);
    await source().fill("-- hers");
    await signOut(page);
    assert.equal((await kept()).length, 1, "signing out takes one's own alone");
    await signIn(page, "rae@example.org");
    await page.goto("/jobs/new");
    await source().waitFor();
    await shows(source(), "-- before the session ended");
  });

  it("go when their writer signs out", async () => {
    await write("-- gone");
    await signOut(page);
    assert.deepEqual(await kept(), []);
    await signIn(page, "rae@example.org");
    await page.goto("/jobs/new");
    await source().waitFor();
    await shows(source(), "");
  });

  it("belong to a dataset, and move along where none waits", async () => {
    const choose = (name) => page.getByLabel("Dataset", { exact: true }).selectOption(name);
    await page.getByLabel("Project", { exact: true }).selectOption({ label: "Both" });
    await choose("admissions");
    await write("-- of admissions");
    await choose("visits");
    await shows(source(), "-- of admissions", "the draft to move along");
    assert.equal((await kept()).length, 1);
    await source().fill("-- of visits");
    await page.evaluate(() => {
      const [key] = Object.keys(localStorage).filter((k) => k.endsWith("new:visits"));
      const one = JSON.parse(localStorage.getItem(key));
      one.what.source = "-- waits at admissions";
      one.what.dataset = "admissions";
      one.at -= 1000;
      localStorage.setItem(key.replace("visits", "admissions"), JSON.stringify(one));
    });
    await again();
    await shows(source(), "-- of visits", "the newest to be taken up");
    await choose("admissions");
    await shows(source(), "-- waits at admissions");
    await choose("visits");
    await shows(source(), "-- of visits");
  });

  it("go when they are sent", async () => {
    await page.getByLabel("Title").fill("Whole");
    await page.getByLabel("Question").fill("How many?");
    await source().fill(program1);
    await page.getByLabel("ε at most").fill("0.5");
    await page.getByLabel("Name", { exact: true }).fill("n");
    await page.getByLabel("What it is, in which unit, of whom").fill("stays");
    await page.getByRole("button", { name: "Submit for review" }).click();
    await page.waitForURL(/\/jobs\/job_/);
    assert.deepEqual(await kept(), []);
  });

  it("of a new version stay with their job and version", async () => {
    const job = (await propose(rae, { title: "Other", source: `-- other\n${program1}` })).id;
    await until(async () => (await stateOf(owner, job)) === "in_review", "the checks");
    await page.goto(`/jobs/${job}/edit`);
    await source().waitFor();
    await shows(source(), `-- other\n${program1}`);
    await source().fill("-- the next one");
    await again();
    await shows(source(), "-- the next one");
    await page.goto("/jobs/new");
    await source().waitFor();
    assert.notEqual(await source().inputValue(), "-- the next one");
  });
});
