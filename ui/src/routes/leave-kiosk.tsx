import { useState } from "react";
import { useAct, useDesk } from "../bridge";
import { LEAVE_KIOSK } from "../content/frame";
import { kept, UNSENT } from "../content/keeping";
import { FaultSummary, Heading, Page } from "../frame/page";
import { usePlaces } from "../frame/places";
import { useShell, useSnapshot } from "../frame/session";
import { UnsentStop, useUnsent } from "../frame/unsent";
import { Button } from "../nhs";

/** A kiosk stays open until somebody who is signed in says that it may close. */
export function LeaveKiosk() {
  const desk = useDesk();
  const { back } = usePlaces();
  const { not_kept: notKept } = useShell();
  const { other_people: others } = useSnapshot().outbox;
  // Whoever leaves may hand the computer back: then what others recorded is lost with it.
  const unsent = useUnsent() + (notKept === "forgets" ? others : 0);
  const [asks, setAsks] = useState(false);
  const leave = useAct(async () => {
    await desk.leaveKiosk();
  });
  return (
    <Page name="leave-kiosk" title={LEAVE_KIOSK.title} onBack={back} problem={leave.fault !== null}>
      <FaultSummary fault={leave.fault} attempt={leave.faults} />
      <Heading>{LEAVE_KIOSK.title}</Heading>
      <p className="nhsuk-body-l">{LEAVE_KIOSK.explanation}</p>
      <p>
        {kept(notKept)} {LEAVE_KIOSK.typing}
      </p>
      <p>{LEAVE_KIOSK.lock}</p>
      <Button
        id="primary"
        onClick={() => (unsent > 0 ? setAsks(true) : leave.run())}
        busy={leave.busy && LEAVE_KIOSK.busy}
      >
        {LEAVE_KIOSK.button}
      </Button>
      {asks && (
        <UnsentStop
          unsent={unsent}
          go={UNSENT.leave}
          onGo={() => {
            setAsks(false);
            leave.run();
          }}
          onStay={() => setAsks(false)}
        />
      )}
    </Page>
  );
}
