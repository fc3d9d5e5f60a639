// story.test.mjs -- the main job, clicked: from the setup link to the verified receipt.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { hospitalCsv, launch, missing, open, picture, password, program1, run, serve, signIn, signOut, until } from "./stage.mjs";

const MOST_CLICKS = 5;
const why = missing();

describe("the main job in the browser", { skip: why ?? false }, () => {
  let site, browser, page, job;

  before(async () => {
    site = await serve();
    browser = await launch();
    page = await open(browser, site.url);
  });
  after(async () => {
    await browser?.close();
    await site?.stop();
  });

  it("sets up the site with the printed link, once", async () => {
    const line = await until(() => site.lines.find((l) => l.includes("/setup#token=")), "the setup link");
    const link = /http\S+/.exec(line)[0];
    await page.goto(link);
    await page.getByLabel("Your name").fill("Olive Owner");
    await page.getByLabel("E-mail").fill("olive@example.org");
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Set up this site" }).click();
    await page.waitForURL("**/inbox");
    assert.ok(!page.url().includes("token"), "the token is gone from the address");
    const other = await open(browser, site.url);
    await other.goto(link);
    await other.getByLabel("Your name").fill("Mallory");
    await other.getByLabel("E-mail").fill("m@example.org");
    await other.getByLabel("Password").fill(password);
    await other.getByRole("button", { name: "Set up this site" }).click();
    await other.getByRole("alert").waitFor();
    await other.context().close();
  });

  it("makes an account for a researcher", async () => {
    await page.getByRole("link", { name: "People" }).click();
    await page.getByLabel("Name").fill("Rae Researcher");
    await page.getByLabel("E-mail").fill("rae@example.org");
    await page.getByLabel("First password").fill(password);
    await page.getByRole("button", { name: "Make the account" }).click();
    await page.getByRole("rowheader", { name: /Rae Researcher/ }).waitFor();
  });

  it("makes, fills and publishes a dataset from a file", async () => {
    const file = join(site.dir, "admissions.csv");
    await writeFile(file, hospitalCsv());
    await page.goto("/datasets/new");
    await page.locator("input[type=file]").setInputFiles(file);
    const next = page.getByRole("button", { name: "Next" });
    await until(() => next.isEnabled(), "a proposed schema");
    await next.click();
    await page.getByLabel("Column that names the person").selectOption("patient");
    await page.getByLabel("Rows per person at most").fill("3");
    await next.click();
    await page.getByLabel("Type of patient").selectOption("id");
    await page.getByLabel("Type of ward").selectOption("category");
    await page.getByLabel("Categories of ward, one a line")
      .fill("Cardiology\nGeriatrics\nOncology\nSurgery");
    await page.getByLabel("Type of los").selectOption("integer");
    await page.getByLabel("Lower bound of los").fill("0");
    await page.getByLabel("Upper bound of los").fill("60");
    await page.getByLabel(/These bounds and categories/).check();
    await next.click();
    await page.getByLabel("ε in all").fill("3");
    await page.getByLabel("Policy").selectOption("dp-only");
    await next.click();
    await page.getByRole("button", { name: "Create the dataset" }).click();
    await page.waitForURL("**/datasets/admissions");
    await page.getByRole("button", { name: "Publish" }).click();
    await page.getByText("Published", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Access" }).click();
    await page.getByRole("button", { name: "Grant Rae Researcher" }).click();
    await page.getByText("Rae Researcher may use the dataset.").waitFor();
    await signOut(page);
  });

  it("lets the researcher try a job on the mock and submit it", async () => {
    await signIn(page, "rae@example.org");
    await page.getByRole("link", { name: "Projects", exact: true }).click();
    await page.getByLabel("Title").fill("Ageing and stay");
    await page.getByLabel("Purpose").fill("Plan the wards.");
    await page.getByLabel(/admissions/).check();
    await page.getByRole("button", { name: "Make the project" }).click();
    await page.getByRole("heading", { name: "Ageing and stay" }).waitFor();
    await page.goto("/jobs/new");
    await page.getByLabel("Title").fill("Stays by ward");
    await page.getByLabel("Question").fill("How many stays has each ward?");
    await page.getByLabel("Lua program").fill(program1);
    await page.getByLabel("ε at most").fill("0.5");
    await page.getByLabel("Name", { exact: true }).fill("n");
    await page.getByLabel("What it is, in which unit, of whom").fill("stays");
    await page.getByRole("button", { name: "Run on the mock" }).click();
    await page.getByText("MOCK.").waitFor();
    await page.getByText("ε 0.3").first().waitFor();
    await page.getByRole("button", { name: "Submit for review" }).click();
    await page.waitForURL(/\/jobs\/job_/);
    job = page.url().split("/").pop();
    await page.getByText("In review").first().waitFor();
    await signOut(page);
  });

  it(`lets the owner approve it in at most ${MOST_CLICKS} clicks from sign-in`, async () => {
    await page.goto("/login");
    await page.fill("input[name=email]", "olive@example.org");
    await page.fill("input[name=password]", password);
    let clicks = 0;
    const click = async (target) => {
      clicks++;
      await target.click();
    };
    await click(page.getByRole("button", { name: "Sign in" }));
    await click(page.getByRole("link", { name: /Stays by ward/ }));
    // From the page alone: who asks, why, what runs, which columns, what leaves, the cost.
    for (const said of ["Rae Researcher", "Plan the wards.", "How many stays has each ward?", "group_by", "ward",
      "stays", "ε 0.5", "in 100", "Enough for"])
      await page.getByText(said).first().waitFor();
    await click(page.getByRole("button", { name: "Approve…" }));
    await click(page.getByRole("button", { name: /Approve v1 and reserve ε 0.5/ }));
    await page.getByRole("button", { name: "Undo" }).waitFor();
    await page.getByText("Released", { exact: true }).first().waitFor({ timeout: 30_000 });
    assert.ok(clicks <= MOST_CLICKS, `${clicks} clicks`);
    await signOut(page);
  });

  it("gives the researcher the result and a receipt that verifies", async () => {
    await signIn(page, "rae@example.org");
    await page.goto(`/jobs/${job}`);
    await page.getByRole("link", { name: "Open the result" }).click();
    await page.getByRole("rowheader", { name: "Surgery" }).waitFor();
    const [download] = await Promise.all([page.waitForEvent("download"),
      page.getByRole("link", { name: "Download the receipt" }).click()]);
    const receipt = join(site.dir, "receipt.json");
    await download.saveAs(receipt);
    const key = join(site.dir, "site.pub");
    const known = await (await fetch(`${site.url}/.well-known/datasite`)).json();
    await writeFile(key, known.key);
    assert.equal((await run(["verify", receipt, "--key", key])).code, 0);
    const text = await readFile(receipt, "utf8");
    await writeFile(receipt, text.replace("Stays by ward", "Stays by word"));
    assert.equal((await run(["verify", receipt, "--key", key])).code, 1);
  });

  it("gives the researcher a chart that stands alone", async () => {
    const [download] = await Promise.all([page.waitForEvent("download"),
      (async () => {
        await page.goto(`/jobs/${job}/result`);
        await page.getByRole("button", { name: "SVG" }).click();
      })()]);
    assert.equal(download.suggestedFilename(), `result-${job}.svg`);
    const file = join(site.dir, "result.svg");
    const said = await picture(browser, download, file);
    assert.doesNotMatch(await readFile(file, "utf8"), /var\(|class=|style=|href=|url\(/, "nothing is left to a page");
    assert.deepEqual([said.root, said.broken, said.active], ["svg", false, 0]);
    assert.ok(said.bars >= 3, "a bar for each ward");
    for (const part of ["Stays by ward", "Surgery", "wards", job]) assert.ok(said.text.includes(part), part);
  });

  it("did nothing on the way that a page may not do", () => {
    assert.deepEqual(page.breaches, []);
  });
});
