import { useAct, useDesk, useKeep } from "../bridge";
import { PAUSES } from "../content/codes";
import { clockTime } from "../content/dates";
import { nothingLost } from "../content/keeping";
import { NETWORK_FAULTS } from "../content/network";
import { OUTBOX } from "../content/outbox";
import { NetworkHelp } from "../frame/network-help";
import { FaultSummary } from "../frame/page";
import { usePlaces } from "../frame/places";
import { useSession, useShell, useSnapshot } from "../frame/session";
import { Button, InsetText } from "../nhs";

/** What sending is doing, or what it waits for and what to do about it. */
export function Sending() {
  const desk = useDesk();
  const keep = useKeep();
  const { sync, network, outbox } = useSnapshot();
  const { signIn } = useSession();
  const { not_kept: notKept } = useShell();
  const { go } = usePlaces();
  const send = useAct(async () => {
    await desk.sendNow();
    keep.changed("outbox");
  });
  const sendNow = (
    <Button small look="secondary" id="send-now" onClick={() => send.run()} busy={send.busy && OUTBOX.sending}>
      {network.state === "offline" ? OUTBOX.tryNow : OUTBOX.sendNow}
    </Button>
  );
  if (sync.state === "sending") {
    return (
      <div className="ra-sending" role="status">
        <p>
          <strong>{OUTBOX.sending}:</strong> {OUTBOX.sendingOf(sync.done, sync.total)}
        </p>
        <progress aria-label={OUTBOX.sending} value={sync.done} max={Math.max(sync.total, 1)} />
      </div>
    );
  }
  if (sync.state === "idle") {
    if (outbox.ready === 0) return null;
    return (
      <>
        <FaultSummary fault={send.fault} attempt={send.faults} />
        {sendNow}
      </>
    );
  }
  const { why, until } = sync;
  const words = PAUSES[why];
  const reason = network.state === "offline" ? NETWORK_FAULTS[network.why] : null;
  return (
    <InsetText className="ra-paused">
      <FaultSummary fault={send.fault} attempt={send.faults} />
      <h2 className="nhsuk-heading-s">{words.heading}</h2>
      <p>
        {why === "network" && reason ? `${reason.why} ${nothingLost(notKept)} ${reason.next}` : words.next}
        {until && ` ${OUTBOX.tries(clockTime(until))}`}
      </p>
      {why === "network" && network.state === "offline" && <NetworkHelp fault={network.why} />}
      {(why === "network" || why === "busy") && sendNow}
      {why === "sign_in_needed" && (
        <Button small look="secondary" onClick={() => signIn.run()}>
          {OUTBOX.signIn}
        </Button>
      )}
      {why === "confirmation_needed" && (
        <Button small look="secondary" onClick={() => go({ at: "confirm-recorded" })}>
          {OUTBOX.confirm}
        </Button>
      )}
      {why === "other_role" && (
        <Button small look="secondary" onClick={() => go({ at: "choose-role" })}>
          {OUTBOX.changeRole}
        </Button>
      )}
    </InsetText>
  );
}

/** What waits here that this RA user cannot send as they are now. */
export function Waits() {
  const { outbox } = useSnapshot();
  if (outbox.other_roles + outbox.other_people === 0) return null;
  return (
    <InsetText>
      {outbox.other_roles > 0 && <p id="other-roles">{OUTBOX.otherRoles(outbox.other_roles)}</p>}
      {outbox.other_people > 0 && <p id="other-people">{OUTBOX.otherPeople(outbox.other_people)}</p>}
    </InsetText>
  );
}
