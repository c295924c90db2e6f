// A kiosk stays open until somebody who is signed in leaves it, and every page knows what kind of computer this is.

import { act, render } from "@testing-library/preact";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { fakeDesk, NOW, SHELL, snapshotOf } from "../src/bridge/fake";
import { App } from "../src/frame/app";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date(NOW) });
});

const KIOSK = { ...SHELL, kiosk: true };
const SIGNED_OUT = snapshotOf({ session: { state: "signed_out", why: null } });
const at = () => document.querySelector<HTMLElement>("main")?.dataset.page;

async function show(desk: ReturnType<typeof fakeDesk>) {
  render(<App desk={desk} />);
  await vi.waitFor(() => expect(document.querySelector("main h1")).not.toBeNull());
  await act(async () => {});
}

test("closing leads whoever is at work to the page that leaves, once", async () => {
  const desk = fakeDesk({ shell: KIOSK });
  await show(desk);
  await act(async () => desk.change({}, "close_asked"));
  expect(at()).toBe("leave-kiosk");
  await act(async () => desk.change({}, "close_asked"));
  const user = userEvent.setup();
  await user.click(document.getElementById("back") as HTMLElement);
  expect(at()).toBe("find");
  await user.click(document.getElementById("leave-kiosk") as HTMLElement);
  await user.click(document.getElementById("primary") as HTMLElement);
  expect(desk.log.filter(([name]) => name === "leaveKiosk")).toHaveLength(1);
});

test("closing tells whoever is not signed in to sign in", async () => {
  const desk = fakeDesk({ shell: KIOSK, snapshot: SIGNED_OUT });
  await show(desk);
  expect(document.getElementById("close-refused")).toBeNull();
  expect(document.getElementById("leave-kiosk")).toBeNull();
  await act(async () => desk.change({}, "close_asked"));
  expect(document.getElementById("close-refused")?.textContent).toContain("sign in");
  expect(at()).toBe("sign-in");
});

test("an ordinary window has nothing of a kiosk, and tells of an update when it comes", async () => {
  const desk = fakeDesk();
  await show(desk);
  expect(document.getElementById("leave-kiosk")).toBeNull();
  expect(document.getElementById("update")?.textContent).toBe("");
  await act(async () => desk.change({ shell: { ...SHELL, update_installed: true } }, "shell"));
  await vi.waitFor(() => expect(document.getElementById("update")?.textContent).toContain("newer RA Desk"));
});
