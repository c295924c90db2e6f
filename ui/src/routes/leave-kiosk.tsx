import { useAct, useDesk } from "../bridge";
import { LEAVE_KIOSK } from "../content/frame";
import { FaultSummary, Heading, Page } from "../frame/page";
import { usePlaces } from "../frame/places";
import { Button } from "../nhs";

/** A kiosk stays open until somebody who is signed in says that it may close. */
export function LeaveKiosk() {
  const desk = useDesk();
  const { back } = usePlaces();
  const leave = useAct(async () => {
    await desk.leaveKiosk();
  });
  return (
    <Page name="leave-kiosk" title={LEAVE_KIOSK.title} onBack={back} problem={leave.fault !== null}>
      <FaultSummary fault={leave.fault} attempt={leave.faults} />
      <Heading>{LEAVE_KIOSK.title}</Heading>
      <p className="nhsuk-body-l">{LEAVE_KIOSK.explanation}</p>
      <p>{LEAVE_KIOSK.kept}</p>
      <p>{LEAVE_KIOSK.lock}</p>
      <Button id="primary" onClick={() => leave.run()} busy={leave.busy && LEAVE_KIOSK.busy}>
        {LEAVE_KIOSK.button}
      </Button>
    </Page>
  );
}
