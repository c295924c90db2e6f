// Two RA users on one computer, and what the RA service says no to: both sides, and what can be done.

import { act, render } from "@testing-library/preact";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import type { RefusalCode } from "../src/bridge";
import { NOW } from "../src/bridge/fake";
import { SCENES, type Scene } from "../src/bridge/scenes";
import { REFUSALS } from "../src/content/codes";
import { type Refused, refused } from "../src/content/refused";
import { App } from "../src/frame/app";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date(NOW) });
});

const main = () => document.querySelector("main");
const text = (id: string) => document.getElementById(id)?.textContent ?? null;

async function show(name: string) {
  const user = userEvent.setup();
  const scene = SCENES[name] as Scene;
  const desk = scene.desk();
  render(<App desk={desk} start={scene.start} />);
  await vi.waitFor(() => expect(main()?.dataset.page).toBe(scene.page));
  await act(async () => {});
  return { user, desk };
}

/** The scene in which a submission was refused for each reason. */
async function refusals(): Promise<Map<RefusalCode, string>> {
  const found = new Map<RefusalCode, string>();
  for (const [name, scene] of Object.entries(SCENES)) {
    if (scene.page !== "submission") continue;
    const { attention, taken_from } = await scene.desk().calls.submission("");
    const code = attention?.code;
    if (code && !taken_from) found.set(code, name);
  }
  return found;
}

/** Where a table would say no more than the heading does. */
const SAID_BY_THE_HEADING: RefusalCode[] = [
  "UNKNOWN_PROFILE",
  "OWN_PROFILE",
  "NOT_PERMITTED",
  "NOT_YOUR_SUBMISSION",
  "TOO_OLD",
];

test("each refusal has a page", async () => {
  expect([...(await refusals()).keys()].sort()).toEqual(Object.keys(REFUSALS).sort());
});

test.each(Object.keys(REFUSALS) as RefusalCode[])("%s: what was recorded, how it is now, what to do", async (code) => {
  const { desk } = await show((await refusals()).get(code) as string);
  const { heading, next } = refused(await desk.calls.submission("")) as Refused;
  expect(document.querySelector("main h1")?.textContent).toContain(heading);
  const rows = [...document.querySelectorAll(".ra-compare tbody tr")];
  expect(rows.length > 0).toBe(!SAID_BY_THE_HEADING.includes(code));
  const sides = rows.map((row) =>
    [...row.querySelectorAll("td")].slice(-2).map((cell) => (cell.lastChild?.textContent ?? "").trim()),
  );
  for (const side of sides.flat()) expect(side).not.toBe("");
  if (rows.length > 0)
    expect(new Set(sides.map(([then, now]) => then === now)), "something is not as it was").toContain(false);
  expect(main()?.textContent).toContain(next);
  expect(main()?.textContent?.match(/othing was registered/g) ?? []).toHaveLength(
    code === "ALREADY_REGISTERED" ? 0 : 1,
  );
  expect(document.querySelectorAll("#withdraw").length, "one way to withdraw it").toBe(1);
  expect(document.querySelector("#primary, #withdraw"), "there is something to do").not.toBeNull();
});

test("of an address that somebody else has, it is not said whose it is", async () => {
  await show("refused-address-in-use");
  expect(document.querySelector(".ra-compare")?.textContent).toContain("Somebody else has this account");
  expect(main()?.textContent).not.toMatch(/[Bb]y [A-Z]/);
});

test("what was recorded in a role that is gone is neither sent nor lost, and is not told to change role", async () => {
  await show("recorded-role-lost");
  expect(text("role-lost")).toContain("You can no longer register in that role");
  expect(text("role-lost")).toContain(
    "Ask an RA manager of B81603 to sign in on this computer and take it over by 7 December 2026 at 2:25pm. After that it must be recorded again.",
  );
  expect(text("send-by")).toBeNull();
  expect(main()?.textContent).not.toMatch(/by itself|Change to that role|Ready to send/);
});

test("sent in a role that is gone: it is not said to be unsent, nor until when it is taken", async () => {
  await show("recorded-role-lost-unsettled");
  expect(text("role-lost")).toContain("an RA manager of B81603 to sign in on this computer and take it over.");
  expect(main()?.textContent).not.toMatch(/not sent|must be recorded again|Send it by/);
});

test("the author of what was taken over is told by whom, and can do nothing more", async () => {
  await show("taken-over");
  expect(document.querySelector("main h1")?.textContent).toBe("Taken over by Margaret Ellison");
  expect(main()?.textContent).toContain("Margaret Ellison took this over today at 1:10pm. It is theirs now");
  expect(main()?.textContent).toContain("Their reason: On leave until December.");
  expect(document.getElementById("withdraw")).toBeNull();
  expect(main()?.textContent).not.toMatch(/Ready to send|by itself|no answer yet|registered it/);
});

test("what was taken over names its author wherever it says who recorded or checked", async () => {
  await show("taken-from-profile-changed");
  const changed = "The profile changed after Tom Ward checked the person";
  expect(document.querySelector("main h1")?.textContent).toContain(changed);
  expect(main()?.textContent).toContain("Ask Tom Ward, or check the person yourself, before you send again.");
  expect(main()?.textContent).toContain("by Tom Ward, as RA Agent, B81603");
  expect(main()?.textContent).not.toMatch(/after you checked|When you recorded/);
});

test("nobody is asked to say that they recorded what a colleague did", async () => {
  await show("confirm-taken-over");
  expect(document.querySelector("main h1")?.textContent).toBe("Are these yours to send?");
  expect(text("primary")).toBe("Yes, send these");
  expect(main()?.textContent).toContain("Taken over from Tom Ward");
  expect(main()?.textContent).not.toContain("I recorded these");
});

test("whose taking over came too late is told who had taken it back, beside what was taken over", async () => {
  await show("taken-from-taken-back");
  expect(document.querySelector("main h1")?.textContent).toBe("Withdrawn");
  expect(text("taken-back")).toContain("had already been taken back by Tom Ward when the RA service got yours.");
  const cells = [...document.querySelectorAll(".ra-compare th, .ra-compare tbody td")].map(
    (cell) => cell.lastChild?.textContent?.trim() || cell.textContent,
  );
  expect(cells.join(" | ")).toMatch(/When you took it over \| Now \| .*Ready to send \| Withdrawn by Tom Ward/);
  expect(text("given-back")).toBeNull();
});

test("withdrawing what was taken over gives it back, and is not said to end it", async () => {
  await show("taken-from-withdraw");
  expect(text("what-happens")).toBe("It is given back to Tom Ward, who can send it on this computer.");
});

test.each([
  ["take-over-offline", "They still wait as Tom Ward’s. Press Take over again when RA Desk is online."],
  ["take-over-refused", "Only an RA manager of this organisation can take over."],
])("%s: nothing was taken over, and what to do", async (name, said) => {
  const { user } = await show(name);
  await user.click(document.getElementById("primary") as HTMLElement);
  await vi.waitFor(() => expect(text("error-summary")).toContain("Nothing was taken over."));
  expect((text("error-summary") ?? "").replace("’s.Press", "’s. Press")).toContain(said);
});

test.each(["take-over-gone", "take-over-too-late"])("%s: it is said that nothing is left", async (name) => {
  const scene = SCENES[name] as Scene;
  const user = userEvent.setup();
  render(<App desk={scene.desk()} start={scene.start} />);
  if (scene.press) {
    await vi.waitFor(() => expect(document.getElementById("primary")).not.toBeNull());
    await user.click(document.getElementById("primary") as HTMLElement);
  }
  await vi.waitFor(() => expect(text("nothing-left")).toMatch(/^Nothing is left to take over\./));
});

test("an RA manager sees for whom it waits, and nobody who was recorded", async () => {
  await show("outbox-waits-manager");
  await vi.waitFor(() => expect(document.querySelector("#waits tbody")).not.toBeNull());
  const rows = [...document.querySelectorAll("#waits tbody tr")].map((row) =>
    [...row.querySelectorAll("td")].map((cell) => cell.textContent ?? ""),
  );
  expect(rows[0]?.join(" ")).toMatch(/Tom Ward.*RA Agent, B81603.*4 registrations.*20 November 2026 at 9:05am/);
  expect(rows[0]?.[3]).toMatch(
    /Take over 3 from Tom Ward.*1 is being sent or withdrawn, and cannot be taken over now\./,
  );
  expect(rows[1]?.join(" ")).toMatch(/Another RA user.*1 registration/);
  expect(rows[1]?.[3]).not.toMatch(/Take over/);
  // What only a manager can do comes before what is theirs.
  const tabs = document.querySelector("[role=tablist]") as HTMLElement;
  expect(document.getElementById("waits")?.compareDocumentPosition(tabs)).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
  expect(text("held")).toContain("2 registrations you recorded as RA Agent, RX9 wait.");
  expect(text("held")).toContain("After that they must be recorded again.");
  // Seven in all, of whom five were named.
  expect(text("other-people")).toBe(
    "2 more were recorded by RA users of other organisations. Their own RA managers can take them over.",
  );
  expect(document.querySelectorAll("#waits button")).toHaveLength(1);
  expect(main()?.textContent).not.toContain("O’Connor");
});

test("taking over says what it does, gives the reason on, and says how many it was", async () => {
  const { user, desk } = await show("take-over");
  expect(document.querySelector("main h1")?.textContent).toContain("Take over 3 registrations from Tom Ward?");
  expect(main()?.textContent).toContain("Tom Ward stays named as who checked each person, and sees here who");
  expect(main()?.textContent).toContain("You must be online.");
  await user.type(document.getElementById("reason") as HTMLElement, "They are on leave");
  await user.click(document.getElementById("primary") as HTMLElement);
  await vi.waitFor(() => expect(main()?.dataset.page).toBe("outbox"));
  expect(desk.log).toContainEqual(["takeOver", "555254240201", "They are on leave"]);
  expect(text("taken-over")).toBe("3 registrations taken over. RA Desk sends them in your name.");
});

test("what could not be taken over is said to be its author’s again", async () => {
  await show("taken-from-given-back");
  expect(document.querySelector("main h1")?.textContent).toContain("Given back to Tom Ward");
  expect(text("given-back")).toBe(
    "RA Desk gave it back to Tom Ward, who can send it on this computer. Nothing more is for you to do.",
  );
  expect(text("withdraw")).toBe("Withdraw this one");
  expect(main()?.textContent).not.toMatch(/Change role|record it again/);
  expect(document.querySelectorAll("#withdraw")).toHaveLength(1);
});

test.each([
  ["refused-not-permitted", true],
  ["attention-other-role", true],
  ["refused-own-profile", false],
])("%s: to change role is offered where it helps (%s)", async (name, helps) => {
  const { user, desk } = await show(name);
  const offered = main()?.querySelector("#record-again");
  expect(offered !== null).toBe(helps);
  expect(text("primary")).toBe(helps ? "Change role" : null);
  if (!helps) return;
  expect(main()?.textContent).toContain("The RA service did not take this");
  expect(main()?.textContent).toContain("from you as RA Agent, B81603. Nothing was registered.");
  await user.click(offered as HTMLElement);
  await vi.waitFor(() => expect(main()?.dataset.page).toBe("identity"));
  expect(desk.log.some(([called]) => called === "correct")).toBe(true);
});

test("where others’ work waits, it is not said that nothing waits", async () => {
  await show("outbox-waits-others");
  await vi.waitFor(() => expect(text("empty")).toBe("Nothing of yours waits to be sent."));
  expect(text("waits")).toContain("1 registration recorded by other RA users is not sent.");
  expect(text("waits")).toContain("an RA manager of their organisation can sign in here and take it over");
});
