// Two RA users on one computer, and what the RA service says no to: both sides, and what can be done.

import { act, render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import type { RefusalCode } from "../src/bridge";
import { NOW } from "../src/bridge/fake";
import { SCENES, type Scene } from "../src/bridge/scenes";
import { REFUSALS } from "../src/content/codes";
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
    const code = (await scene.desk().calls.submission("")).attention?.code;
    if (code) found.set(code, name);
  }
  return found;
}

test("each refusal has a page", async () => {
  expect([...(await refusals()).keys()].sort()).toEqual(Object.keys(REFUSALS).sort());
});

test.each(Object.keys(REFUSALS) as RefusalCode[])("%s: what was recorded, how it is now, what to do", async (code) => {
  await show((await refusals()).get(code) as string);
  expect(document.querySelector("main h1")?.textContent).toContain(REFUSALS[code].heading);
  const rows = [...document.querySelectorAll(".ra-compare tbody tr")];
  expect(rows.length).toBeGreaterThan(0);
  const sides = rows.map((row) =>
    [...row.querySelectorAll("td")].slice(-2).map((cell) => (cell.lastChild?.textContent ?? "").trim()),
  );
  for (const side of sides.flat()) expect(side).not.toBe("");
  expect(
    sides.some(([then, now]) => then !== now),
    "something is not as it was recorded",
  ).toBe(true);
  expect(main()?.textContent).toContain(REFUSALS[code].next);
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
  expect(text("role-lost")).toContain("an RA manager of B81603 can take it over");
  expect(main()?.textContent).not.toMatch(/by itself|Change to that role|Ready to send/);
});

test.each(["taken-over", "taken-over-decided"])(
  "%s: its author is told by whom, and can do nothing more",
  async (name) => {
    await show(name);
    expect(document.querySelector("main h1")?.textContent).toBe("Taken over by Margaret Ellison");
    expect(main()?.textContent).toContain("The reason: On leave until December.");
    expect(document.getElementById("withdraw")).toBeNull();
    expect(main()?.textContent).not.toMatch(/Ready to send|by itself|no answer yet|registered it/);
  },
);

test("an RA manager sees for whom it waits, and nobody who was recorded", async () => {
  await show("outbox-waits-manager");
  expect(text("waits")).toContain("3 registrations wait for Tom Ward, RA Agent, B81603, the oldest since 20 November");
  expect(text("waits")).toContain("1 registration waits for another RA user");
  expect(text("waits")).toContain("2 registrations you recorded as RA Agent, RX9 wait.");
  // Six in all, of whom four were named.
  expect(text("other-people")).toContain("2 registrations recorded by other people");
  expect(document.querySelectorAll("#waits button")).toHaveLength(1);
  expect(main()?.textContent).not.toContain("O’Connor");
});

test("taking over says what it does, gives the reason on, and says how many it was", async () => {
  const { user, desk } = await show("take-over");
  expect(document.querySelector("main h1")?.textContent).toContain("Take over 3 registrations from Tom Ward?");
  expect(main()?.textContent).toContain("Your colleague stays named as who checked each person");
  expect(main()?.textContent).toContain("Without a connection nothing is taken over");
  await user.type(document.getElementById("reason") as HTMLElement, "They are on leave");
  await user.click(document.getElementById("primary") as HTMLElement);
  await vi.waitFor(() => expect(main()?.dataset.page).toBe("outbox"));
  expect(desk.log).toContainEqual(["takeOver", "555254240201", "They are on leave"]);
  expect(text("taken-over")).toBe("3 registrations taken over. RA Desk sends them in your name.");
});

test("what could not be taken over is said to be its author’s again", async () => {
  await show("taken-from-given-back");
  expect(text("given-back")).toBe("It is no longer yours: it waits again for Tom Ward.");
});
