import { act, render } from "@testing-library/preact";
import userEvent from "@testing-library/user-event";
import { expect, vi } from "vitest";
import type { FakeDesk } from "../src/bridge/fake";
import { App } from "../src/frame/app";
import type { Place } from "../src/frame/places";

export const main = () => document.querySelector<HTMLElement>("main");
export const text = (id: string) => document.getElementById(id)?.textContent ?? null;

/** Shows RA Desk on a made-up desk, until its first page stands. Gives whoever uses it. */
export async function show(desk: FakeDesk, start?: Place) {
  const user = userEvent.setup();
  render(<App desk={desk} start={start} />);
  await vi.waitFor(() => expect(document.querySelector("main h1")).not.toBeNull());
  await vi.waitFor(() => expect(main()?.dataset.page).not.toBe("loading"));
  await act(async () => {});
  return user;
}
