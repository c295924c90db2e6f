// On a computer that forgets: says what is not sent yet, and stops whoever would lose it.

import { type ReactNode, useState } from "react";
import { UNSENT } from "../content/keeping";
import { Banner, Button, Dialog } from "../nhs";
import { Warns } from "./page";
import { SessionContext, useSession, useShell, useSnapshot } from "./session";

/** How many registrations of whoever is signed in would be lost; none where the computer keeps them. */
export function useUnsent(): number {
  const { outbox } = useSnapshot();
  return useShell().not_kept === "forgets" ? outbox.ready : 0;
}

/** On every page while something is unsent. */
export function UnsentBanner() {
  const unsent = useUnsent();
  return (
    <div role="status" id="unsent-here">
      {unsent > 0 && (
        <Warns className="nhsuk-width-container ra-above-page">
          <Banner>
            <p>{UNSENT.explanation(unsent)}</p>
          </Banner>
        </Warns>
      )}
    </div>
  );
}

interface StopProps {
  unsent: number;
  go: string;
  onGo: () => void;
  onStay: () => void;
}

/** Asks before something unsent is left behind. */
export function UnsentStop({ unsent, go, onGo, onStay }: StopProps) {
  return (
    <Dialog id="unsent-stop" title={unsent > 0 ? UNSENT.heading(unsent) : UNSENT.allSent} onEscape={onStay}>
      {unsent > 0 && <p className="nhsuk-body">{UNSENT.explanation(unsent)}</p>}
      <div className="ra-buttons">
        <Button id="stay-signed-in" onClick={onStay}>
          {UNSENT.stay}
        </Button>
        <Button look="secondary" id="go-unsent" onClick={onGo}>
          {go}
        </Button>
      </div>
    </Dialog>
  );
}

/** Signing out below this asks first, wherever it is pressed. */
export function SignOutGuard({ children }: { children: ReactNode }) {
  const session = useSession();
  const { signOut } = session;
  const unsent = useUnsent();
  const [asks, setAsks] = useState(false);
  const run = () => (unsent > 0 ? setAsks(true) : signOut.run());
  return (
    <SessionContext value={{ ...session, signOut: { ...signOut, run } }}>
      {children}
      {asks && (
        <UnsentStop unsent={unsent} go={UNSENT.signOut} onGo={() => signOut.run()} onStay={() => setAsks(false)} />
      )}
    </SessionContext>
  );
}
