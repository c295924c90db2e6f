// What a fault of the network shows besides its words: a sign-in to the proxy, or servers for the IT desk.

import { act, cleanup, render, screen } from "@testing-library/preact";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { FaultError } from "../src/bridge";
import { COUNTS, type FakeDesk, fakeDesk, fault, NOW, snapshotOf } from "../src/bridge/fake";
import { STAYS_HERE } from "../src/content/keeping";
import { NETWORK_FAULTS, PROXY_SIGN_IN } from "../src/content/network";
import { App } from "../src/frame/app";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date(NOW) });
});

const signedOut = snapshotOf({ session: { state: "signed_out", why: null } });

async function show(desk: FakeDesk) {
  const user = userEvent.setup();
  render(<App desk={desk} />);
  await vi.waitFor(() => expect(document.querySelector("main h1")).not.toBeNull());
  await act(async () => {});
  return user;
}

const pressed = async (user: ReturnType<typeof userEvent.setup>, id: string) => {
  await user.click(document.getElementById(id) as HTMLElement);
  await act(async () => {});
};

test("a proxy that asks is signed in to on the page, again when it refuses, and the password is not kept", async () => {
  const desk = fakeDesk({
    snapshot: signedOut,
    signIn: new FaultError(fault("PROXY_SIGN_IN")),
    proxySignIn: new FaultError(fault("PROXY_SIGN_IN_REFUSED")),
  });
  const user = await show(desk);
  await pressed(user, "primary");
  const password = () => document.getElementById("proxy-password") as HTMLInputElement;
  expect(password().type).toBe("password");
  await user.type(document.getElementById("proxy-name") as HTMLElement, "ward-7");
  await user.type(password(), "wrong");
  await pressed(user, "proxy-button");
  expect(desk.log).toContainEqual(["proxySignIn", "ward-7", "wrong"]);
  expect(password().value).toBe("");
  expect(screen.getByText(NETWORK_FAULTS.proxy_sign_in_refused.heading)).toBeTruthy();
  desk.change({ proxySignIn: signedOut });
  await user.type(password(), "right");
  await pressed(user, "proxy-button");
  expect(screen.getByText(PROXY_SIGN_IN.done)).toBeTruthy();
  expect(document.getElementById("proxy-password")).toBeNull();
});

test("who asks for the password is named, and whether others can read it", async () => {
  const asking = (encrypted: boolean) => ({ ...signedOut, proxy_asking: { address: "proxy.example:3128", encrypted } });
  const desk = fakeDesk({ snapshot: asking(false), signIn: new FaultError(fault("PROXY_SIGN_IN")) });
  const user = await show(desk);
  await pressed(user, "primary");
  const form = () => document.getElementById("proxy-sign-in")?.textContent;
  expect(form()).toContain(PROXY_SIGN_IN.whose("proxy.example:3128"));
  expect(form()).toContain(PROXY_SIGN_IN.readable);
  cleanup();
  await pressed(
    await show(fakeDesk({ snapshot: asking(true), signIn: new FaultError(fault("PROXY_SIGN_IN")) })),
    "primary",
  );
  expect(form()).toContain(PROXY_SIGN_IN.whose("proxy.example:3128"));
  expect(form()).not.toContain(PROXY_SIGN_IN.readable);
});

test("a sign-in of another kind names the servers to let through, and asks for no password", async () => {
  const desk = fakeDesk({ snapshot: signedOut, signIn: new FaultError(fault("PROXY_SIGN_IN_UNSUPPORTED")) });
  const user = await show(desk);
  await pressed(user, "primary");
  expect(document.getElementById("servers")?.textContent).toBe("gateway.example:443issuer.example:443");
  expect(document.getElementById("proxy-password")).toBeNull();
});

test("every fault of the network says that nothing is lost", async () => {
  const desk = fakeDesk({
    snapshot: snapshotOf({
      network: { state: "offline", why: "certificate_out_of_date" },
      sync: { state: "paused", why: "network", until: null },
      outbox: { ...COUNTS, ready: 1 },
    }),
  });
  const user = userEvent.setup();
  render(<App desk={desk} start={{ at: "outbox", tab: "ready" }} />);
  await vi.waitFor(() => expect(document.querySelector(".ra-paused")).not.toBeNull());
  const said = document.querySelector(".ra-paused")?.textContent;
  expect(said).toContain(STAYS_HERE);
  expect(said).toContain(NETWORK_FAULTS.certificate_out_of_date.next);
  await user.tab();
});
