// decide.test.mjs -- decisions are bound to what was seen, and nothing breaks in between:
// another version, another reviewer, undo, double click, an ended session, a restart.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { api, axe, furnish, launch, missing, open, program1, propose, serve, signIn, stateOf, until } from "./stage.mjs";

const why = missing();

describe("decisions", { skip: why ?? false }, () => {
  let site, browser, owner, rae, page, job;
  let n = 0;

  before(async () => {
    site = await serve();
    await site.addUser("olive@example.org", "Olive Owner", "owner");
    await site.addUser("rae@example.org", "Rae Researcher", "researcher");
    owner = await api(site.url, "olive@example.org");
    rae = await api(site.url, "rae@example.org");
    await furnish(owner, rae.me.id);
    browser = await launch();
    page = await open(browser, site.url);
    await signIn(page, "olive@example.org");
  });
  after(async () => {
    await browser?.close();
    await site?.stop();
  });
  beforeEach(async () => {
    job = (await propose(rae, { title: `Job ${++n}`, source: `-- ${n}\n${program1}` })).id;
    await until(async () => (await stateOf(owner, job)) === "in_review", "the checks");
    await page.goto(`/jobs/${job}`);
    await page.getByRole("button", { name: "Approve…" }).waitFor();
  });

  const approve = async () => {
    await page.getByRole("button", { name: "Approve…" }).click();
    await page.getByRole("button", { name: /Approve v\d+ and reserve/ }).click();
  };
  const review = async (decision) => {
    const seen = await owner("GET", `/jobs/${job}`);
    await owner("POST", `/jobs/${job}/reviews`, { version: seen.body.version,
      source_sha256: seen.body.source_sha256, decision, comment: "As said.", checklist: {} },
    { "If-Match": seen.etag });
  };

  it("can be taken back before they are sent", async () => {
    await approve();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.waitForTimeout(6_000);
    assert.equal(await stateOf(owner, job), "in_review");
    assert.equal((await owner("GET", `/jobs/${job}/reviews`)).body.items.length, 0);
  });

  it("may be left to others, with a reason, and then too few are left", async () => {
    await page.getByRole("button", { name: "Abstain…" }).click();
    const dialog = page.locator("dialog");
    await dialog.getByText("It counts neither for nor against").waitFor();
    assert.deepEqual(await axe(page), []);
    await dialog.getByRole("button", { name: "Abstain on version 1" }).click();
    assert.ok(await dialog.isVisible(), "a reason is asked for");
    await dialog.getByLabel("Reason").fill("I wrote the paper with her.");
    await dialog.getByRole("button", { name: "Abstain on version 1" }).click();
    await page.getByText("You abstained on version 1. Another version").waitFor();
    assert.equal(await stateOf(owner, job), "in_review");
    await page.locator("#decide").getByText("at most 0 of 1 votes can be had").waitFor();
    await page.locator(".requirements").getByText("1 abstained").waitFor();
    assert.deepEqual((await owner("GET", `/jobs/${job}/reviews`)).body.items.map((r) => r.decision), ["abstain"]);
    await page.goto(`/jobs/${job}?tab=talk`);
    await page.getByText("Olive Owner abstained on").waitFor();
    assert.deepEqual(await axe(page), []);
    assert.deepEqual(page.breaches, []);
  });

  it("wait for the reader when a new version arrives", async () => {
    await rae("POST", `/jobs/${job}/versions`, { source: `-- new ${n}\n${program1}` });
    await page.getByText(/Version 2 has arrived/).waitFor();
    await until(async () => (await stateOf(owner, job)) === "in_review", "the checks");
    const button = page.getByRole("button", { name: "Approve…" });
    await button.waitFor();
    assert.ok(await button.isDisabled(), "nothing is decided unseen");
    await page.getByRole("link", { name: "Compare 1 → 2" }).click();
    await page.getByText(`-- new ${n}`).waitFor();
    await until(() => button.isEnabled(), "the button");
  });

  it("are refused when somebody else decided meanwhile, and say what changed", async () => {
    await approve();
    await review("reject");
    const told = page.getByRole("alert").filter({ hasText: "Nothing was decided" });
    await told.getByText("State: In review → Rejected").waitFor();
    assert.equal(await stateOf(owner, job), "rejected");
    await page.getByText("Rejected", { exact: true }).first().waitFor();
  });

  it("need a reason to send back or reject", async () => {
    await page.getByRole("button", { name: "Request changes…" }).click();
    const send = page.getByRole("button", { name: "Send back version 1" });
    await send.click();
    assert.equal(await page.getByRole("dialog").count(), 1, "an empty reason is not sent");
    await page.getByRole("dialog").getByLabel("Reason").fill("line 2: please say why.");
    await send.click();
    await page.getByText("Changes requested").first().waitFor({ timeout: 15_000 });
    await page.getByRole("link", { name: /Talk/ }).click();
    await page.getByRole("link", { name: "line 2" }).click();
    await page.locator("#L2.here").waitFor();
  });

  it("happen once however often one clicks", async () => {
    await page.getByRole("button", { name: "Approve…" }).click();
    await page.getByRole("button", { name: /Approve v1 and reserve/ }).dblclick();
    await until(async () => (await stateOf(owner, job)) === "released", "the run", 30_000);
    assert.equal((await owner("GET", `/jobs/${job}/reviews`)).body.items.length, 1);
  });

  it("are sent when the page is left before the time to undo is over", async () => {
    await approve();
    await page.getByRole("button", { name: "Undo" }).waitFor();
    await page.goto("about:blank");
    await until(async () => (await stateOf(owner, job)) !== "in_review", "the decision", 4_000);
  });

  it("keep the page when the session ends, and go on after signing in", async () => {
    await page.locator("#decide textarea").fill("half a thought");
    await page.context().clearCookies();
    await page.getByRole("link", { name: "Mock result" }).click();
    await page.getByRole("dialog", { name: "Sign in again" }).waitFor();
    await page.getByRole("dialog").getByLabel("Password").fill("correct horse battery staple");
    await page.getByRole("dialog").getByRole("button", { name: "Sign in" }).click();
    await until(async () => (await page.getByRole("dialog").count()) === 0, "the dialog to close");
    assert.equal(await page.locator("#decide textarea").inputValue(), "half a thought");
    await page.getByText("MOCK.").waitFor();
  });

  it("outlive a restart of the server", async () => {
    await site.restart();
    await page.reload();
    await page.getByRole("button", { name: "Approve…" }).waitFor();
  });

  it("break no rule of the page", () => {
    assert.deepEqual(page.breaches, []);
  });
});
