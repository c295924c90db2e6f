// What waits elsewhere is told as of when it was heard, and no second copy is told while it lacks.

import { act, render } from "@testing-library/preact";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { COUNTS, fakeDesk, NOW, snapshotOf, WAITING_ON } from "../src/bridge/fake";
import { App } from "../src/frame/app";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date(NOW) });
});

const main = () => document.querySelector("main");

test("the outbox leads to what waits elsewhere, each as its computer last told", async () => {
  const user = userEvent.setup();
  render(
    <App
      desk={fakeDesk({ waitingElsewhere: { waiting: [WAITING_ON], more: true } })}
      start={{ at: "outbox", tab: "ready" }}
    />,
  );
  const link = await vi.waitFor(() => {
    const found = document.getElementById("waiting-elsewhere");
    expect(found).not.toBeNull();
    return found as HTMLElement;
  });
  await user.click(link);
  await vi.waitFor(() => expect(main()?.dataset.page).toBe("waiting-elsewhere"));
  expect(main()?.textContent).toContain("LAPTOP-0417");
  expect(main()?.textContent).toContain("3 registrations not sent");
  expect(main()?.textContent).toContain("More waits than is shown here.");
  expect(main()?.textContent).toContain("20 November 2026 at 4:40pm");
  expect(main()?.textContent).toContain("This is what each computer last reported.");
  expect(main()?.textContent).toContain("Sign in to RA Desk on LAPTOP-0417 and confirm what you recorded.");
  expect(document.getElementById("elsewhere-limits")?.textContent).toContain("so this may be out of date");
});

test("what was taken in from a second copy is registered, and its links are where they were", async () => {
  const taken = { ...WAITING_ON, imported: 3, imported_at: "2026-11-22T11:00:00Z" };
  render(
    <App
      desk={fakeDesk({ waitingElsewhere: { more: false, waiting: [taken] } })}
      start={{ at: "waiting-elsewhere" }}
    />,
  );
  await vi.waitFor(() => expect(main()?.dataset.page).toBe("waiting-elsewhere"));
  expect(main()?.textContent).toContain("were taken in by your RA service on 22 November 2026 at 11am");
  expect(main()?.textContent).toContain("They are registered.");
  expect(main()?.textContent).toContain("Links of what was taken in are on that computer only.");
  expect(main()?.textContent).toContain("When it last reported, 3 were not sent.");
  expect(main()?.textContent).not.toContain("3 registrations not sent");
});

test.each([
  [{ own: false, author: "Tom Ward" }, "If they are away, you can sign in there and take it over.", null],
  [{ own: false, author: "Tom Ward", here: true }, "you can take it over in the outbox.", "outbox"],
  [{ revoked: true }, "The RA service takes nothing from it. Tell your IT service desk", null],
  [{ unsent: 0, attention: 2 }, "You can sign in on LAPTOP-0417 and open Needs attention in the outbox.", null],
  [{ imported: 3, imported_at: "2026-11-22T11:00:00Z" }, "remove the account on their profile", "find"],
])(
  "of what waits elsewhere it is said what can be done, and led to what can be done here: %o",
  async (part, said, at) => {
    const desk = fakeDesk({ waitingElsewhere: { more: false, waiting: [{ ...WAITING_ON, ...part }] } });
    render(<App desk={desk} start={{ at: "waiting-elsewhere" }} />);
    await vi.waitFor(() => expect(main()?.textContent).toContain(said));
    expect(main()?.textContent?.includes("Sign in to RA Desk on LAPTOP-0417")).toBe("imported" in part);
    const led = document.querySelectorAll<HTMLElement>("main td button");
    expect(led).toHaveLength(at ? 1 : 0);
    if (at) await userEvent.setup().click(led[0] as HTMLElement);
    if (at) await vi.waitFor(() => expect(main()?.dataset.page).toBe(at));
  },
);

test("no second copy is told on every page, until there is one", async () => {
  const ready = { outbox: { ...COUNTS, ready: 2 } };
  const desk = fakeDesk({ snapshot: snapshotOf({ ...ready, second_copy: { count: 1, why: "away" } }) });
  render(<App desk={desk} start={{ at: "find" }} />);
  await vi.waitFor(() => expect(document.getElementById("no-second-copy")).not.toBeNull());
  const told = document.getElementById("no-second-copy")?.textContent;
  expect(told).toContain("1 registration that waits here has no second copy. It is saved on this computer only.");
  expect(told).toContain("Check that it is plugged in.");
  // What could not be counted is not none, and what does not answer is not away.
  const slow = snapshotOf({ ...ready, second_copy: { count: null, why: "slow" } });
  await act(async () => desk.change({ snapshot: slow }, "network"));
  await vi.waitFor(() =>
    expect(document.getElementById("no-second-copy")?.textContent).toContain("RA Desk could not count them."),
  );
  expect(document.getElementById("no-second-copy")?.textContent).toContain("does not answer");
  expect(document.getElementById("no-second-copy")?.textContent).not.toContain("plugged in");
  await act(async () => desk.change({ snapshot: snapshotOf(ready) }, "network"));
  await vi.waitFor(() => expect(document.getElementById("no-second-copy")).toBeNull());
});
