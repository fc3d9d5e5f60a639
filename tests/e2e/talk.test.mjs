// talk.test.mjs -- what people say about lines of a program, and who may review: threads
// in the program and in the changes, by keyboard, hidden while the round of votes is blind.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { api, axe, furnish, launch, missing, open, program1, propose, serve, signIn, stateOf, until } from "./stage.mjs";

const why = missing();

describe("comments on lines", { skip: why ?? false }, () => {
  let site, browser, owner, rae, otto, job;

  before(async () => {
    site = await serve();
    await site.addUser("olive@example.org", "Olive Owner", "owner");
    await site.addUser("otto@example.org", "Otto Other", "owner");
    await site.addUser("rae@example.org", "Rae Researcher", "researcher");
    owner = await api(site.url, "olive@example.org");
    otto = await api(site.url, "otto@example.org");
    rae = await api(site.url, "rae@example.org");
    await furnish(owner, rae.me.id);
    job = (await propose(rae)).id;
    await until(async () => (await stateOf(owner, job)) === "in_review", "the checks");
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await site?.stop();
  });

  const as = async (email, path) => {
    const page = await open(browser, site.url);
    await signIn(page, email);
    await page.goto(path);
    await page.locator("h1").waitFor();
    return page;
  };
  const said = async (who) => (await who("GET", `/jobs/${job}/comments`)).body.items.map((c) => c.text);

  it("are written at their line with the keyboard alone, and read by the author", async () => {
    const page = await as("rae@example.org", `/jobs/${job}`);
    await page.locator("#L1 .number button").focus();
    await page.keyboard.press("ArrowDown");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "2");
    await page.keyboard.press("Enter");
    await page.locator("textarea:focus").waitFor();
    await page.keyboard.type("Stays, not persons.");
    await page.locator(".thread button[type=submit]:enabled").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator(".thread").getByText("Stays, not persons.").waitFor();
    assert.deepEqual(await said(rae), ["Stays, not persons."]);
    assert.deepEqual(await axe(page), []);
    assert.deepEqual(page.breaches, []);
    await page.context().close();
  });

  it("are answered, settled and opened again", async () => {
    const page = await as("olive@example.org", `/jobs/${job}?tab=talk`);
    await page.getByRole("link", { name: "version 1, line 2" }).waitFor();
    await page.getByRole("button", { name: "Answer" }).click();
    await page.getByLabel("Comment on line 2 of version 1").fill("Then count_units.");
    await page.getByRole("button", { name: "Comment", exact: true }).click();
    await page.getByText("Then count_units.").waitFor();
    await page.getByText("2 comments on lines are open.").waitFor();
    await page.getByRole("button", { name: "Settle" }).first().click();
    await page.getByText("settled by Olive Owner").waitFor();
    await page.getByRole("button", { name: "Open again" }).click();
    await until(async () => (await page.getByText("settled by Olive Owner").count()) === 0, "the comment to open");
    await page.context().close();
  });

  it("stay with their version and stand in the changes", async () => {
    await rae("POST", `/jobs/${job}/versions`, { note: "Counts persons now.",
      source: program1.replace("v:count{", "v:count_units{") });
    await until(async () => (await stateOf(owner, job)) === "in_review", "the checks");
    const page = await as("olive@example.org", `/jobs/${job}`);
    await page.getByRole("link", { name: "version 1, line 2" }).waitFor();
    await page.getByRole("link", { name: "Changes" }).click();
    await page.getByText("Counts persons now.").waitFor();
    await page.locator(".hunk .thread").getByText("Stays, not persons.").waitFor();
    await page.getByRole("button", { name: "Comment on line 3" }).click();
    await page.getByLabel("Comment on line 3 of version 2").fill("Good.");
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Comment on line 3" }).click();
    assert.equal(await page.getByLabel("Comment on line 3 of version 2").inputValue(), "Good.", "a draft stays");
    await page.getByRole("button", { name: "Comment", exact: true }).click();
    await page.locator(".hunk .thread").getByText("Good.").waitFor();
    await page.context().close();
  });

  it("for reviewers only are marked in words, and the author has nothing of them", async () => {
    const page = await as("olive@example.org", `/jobs/${job}`);
    await page.getByRole("button", { name: "Comment on line 1", exact: true }).click();
    const text = page.getByLabel("Comment on line 1 of version 2");
    await page.getByText("The author reads this too.").waitFor();
    await text.fill("Is this the one from last year?");
    await page.getByLabel("For reviewers only: the author never sees it").check();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Comment on line 1", exact: true }).click();
    assert.ok(await page.getByLabel("For reviewers only").isChecked(), "a draft keeps whom it is for");
    assert.deepEqual(await axe(page), []);
    await page.getByRole("button", { name: "Comment for reviewers" }).click();
    const mark = page.locator("li.for-reviewers");
    await mark.getByText("Only reviewers see this").waitFor();
    assert.deepEqual(await axe(page), []);
    assert.deepEqual((await owner("GET", `/jobs/${job}/comments`)).body.items.map((c) => c.visibility),
      ["everyone", "everyone", "everyone", "reviewers"]);
    await page.locator("tr", { has: mark }).getByRole("button", { name: "Answer" }).click();
    assert.ok(await page.getByLabel("For reviewers only").isChecked(), "an answer is for the same readers");
    await page.context().close();
    const author = await as("rae@example.org", `/jobs/${job}?tab=talk`);
    await author.getByText("Stays, not persons.").waitFor();
    assert.equal(await author.getByText("last year").count(), 0);
    assert.equal(await author.locator(".for-reviewers").count(), 0);
    assert.ok(!(await said(rae)).some((s) => s.includes("last year")));
    await author.goto(`/jobs/${job}`);
    await author.getByRole("button", { name: "Comment on line 1", exact: true }).click();
    assert.equal(await author.getByLabel("For reviewers only").count(), 0, "an author is not offered it");
    await author.context().close();
  });

  it("of reviewers are blind until one has voted; a reviewer is added by name", async () => {
    const page = await as("olive@example.org", "/datasets/admissions?tab=access");
    await page.getByLabel("Name or e-mail of an owner").fill("otto");
    await page.getByRole("button", { name: "Add Otto Other" }).click();
    await page.getByRole("button", { name: "Remove Otto Other" }).waitFor();
    assert.deepEqual((await owner("GET", "/datasets/admissions")).body.reviewers.map((r) => r.name), ["Otto Other"]);
    assert.ok(!(await said(otto)).includes("Good."), "the server keeps the round blind");
    const other = await as("otto@example.org", `/jobs/${job}`);
    await other.getByRole("button", { name: "Approve…" }).waitFor();
    assert.equal(await other.getByText("Good.", { exact: true }).count(), 0);
    await other.context().close();
    await page.getByRole("button", { name: "Remove Otto Other" }).click();
    await until(async () => (await owner("GET", "/datasets/admissions")).body.reviewers.length === 0, "the removal");
    await page.context().close();
  });
});
