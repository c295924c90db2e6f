// Tells the desk of the RA user's own input, and warns before the session ends for want of it.

import { useLayoutEffect, useState } from "react";
import { useAct, useDesk, useKeep } from "../bridge";
import { clockTime, countdown, instant } from "../content/dates";
import { kept } from "../content/keeping";
import { LOCKS } from "../content/offline";
import { ENDS_SOON, IDLE } from "../content/signing-in";
import { Button, Dialog } from "../nhs";
import { Warns } from "./page";
import { useLocks, useSession, useShell, useSignedIn } from "./session";

/** The desk is told at most this often. */
const TELL_EVERY_MS = 15_000;
/** How long before the end of 12 hours the page says so. */
const ENDS_SOON_MS = 10 * 60_000;

const OWN_INPUT = ["keydown", "pointerdown", "wheel"] as const;

export function IdleWatch() {
  const { idle_at, idle_warning_at, ends_at } = useSignedIn();
  const desk = useDesk();
  const keep = useKeep();
  const { signOut, lock } = useSession();
  const { whenIdle } = useLocks();
  const words = whenIdle ? LOCKS : IDLE;
  const out = whenIdle ? lock : signOut;
  const { not_kept: notKept } = useShell();
  const [now, setNow] = useState(Date.now);
  const stay = useAct(async () => {
    keep.snapshot(await desk.touch());
  });
  const warnAt = instant(idle_warning_at).getTime();
  const idleAt = instant(idle_at).getTime();
  const warning = now >= warnAt;
  const left = (idleAt - now) / 1000;

  // Ticks each second while something counts down, else only when something begins to.
  useLayoutEffect(() => {
    const wait = warning ? 1000 : Math.max(0, Math.min(warnAt - Date.now(), 30_000)) + 20;
    const timer = setTimeout(() => {
      setNow(Date.now());
      if (Date.now() > idleAt + 1000) keep.changed("session");
    }, wait);
    return () => clearTimeout(timer);
  });

  // While the warning shows, only its own buttons count: moving the mouse must not hide it by accident.
  const { run } = stay;
  useLayoutEffect(() => {
    if (warning) return;
    let last = 0;
    const tell = () => {
      if (Date.now() - last < TELL_EVERY_MS) return;
      last = Date.now();
      run();
    };
    for (const name of OWN_INPUT) document.addEventListener(name, tell, { capture: true, passive: true });
    return () => {
      for (const name of OWN_INPUT) document.removeEventListener(name, tell, { capture: true });
    };
  }, [warning, run]);

  const stayNow = () => {
    stay.run();
    setNow(Date.now());
  };
  const endsSoon = instant(ends_at).getTime() - now < ENDS_SOON_MS;
  return (
    <>
      {endsSoon && (
        <Warns className="nhsuk-width-container">
          <p className="ra-ends-soon" role="status">
            {ENDS_SOON(clockTime(ends_at))}
          </p>
        </Warns>
      )}
      {warning && (
        <Dialog id="idle" title={IDLE.title} onEscape={stayNow}>
          <p className="nhsuk-body">
            {words.before} <strong className="ra-countdown">{countdown(left)}</strong>.
          </p>
          <p className="nhsuk-body">{kept(notKept)}</p>
          <p className="nhsuk-body">{words.typing}</p>
          <div className="ra-buttons">
            <Button id="stay" onClick={stayNow}>
              {words.stay}
            </Button>
            <Button look="secondary" onClick={() => out.run()}>
              {words.out}
            </Button>
          </div>
          <div className="nhsuk-u-visually-hidden" role="status">
            {words.spoken(spokenCountdown(left))}
          </div>
        </Dialog>
      )}
    </>
  );
}

/** Changes every 30 seconds, and every 5 in the last 20, so that a screen reader is not talking all the time. */
export function spokenCountdown(left: number): string {
  const step = left > 20 ? 30 : 5;
  return countdown(Math.max(step, Math.ceil(left / step) * step));
}
