import { useAct, useDesk, useKeep, type WaitView } from "../bridge";
import { PAUSES } from "../content/codes";
import { counted, dayAndTime } from "../content/dates";
import { staysHere } from "../content/keeping";
import { NETWORK_FAULTS } from "../content/network";
import { OUTBOX } from "../content/outbox";
import { TAKING_OVER } from "../content/taking-over";
import { NetworkHelp } from "../frame/network-help";
import { FaultSummary } from "../frame/page";
import { usePlaces } from "../frame/places";
import { useSession, useShell, useSignedIn, useSnapshot, useToSend } from "../frame/session";
import { Button, ButtonLink, Heads, InsetText, Table } from "../nhs";

/** What sending is doing, or what it waits for and what to do about it. */
export function Sending() {
  const desk = useDesk();
  const keep = useKeep();
  const { sync, network } = useSnapshot();
  const toSend = useToSend();
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
    if (toSend === 0) return null;
    return (
      <>
        <FaultSummary fault={send.fault} attempt={send.faults} />
        {sendNow}
      </>
    );
  }
  const { why, until } = sync;
  const words = PAUSES[why];
  const reason = why === "network" && network.state === "offline" ? NETWORK_FAULTS[network.why] : null;
  const waits = reason && toSend > 0;
  return (
    <InsetText className="ra-paused">
      <FaultSummary fault={send.fault} attempt={send.faults} />
      <h2 className="nhsuk-heading-s">{reason ? reason.heading : words.heading}</h2>
      <p>
        {reason ? `${reason.why} ${waits ? `${staysHere(notKept)} ` : ""}${reason.next}` : words.next}
        {until && ` ${OUTBOX.tries(until)}`}
      </p>
      {why === "network" && network.state === "offline" && <NetworkHelp fault={network.why} />}
      {/* A pause that the RA service asked for is kept, whoever presses what. */}
      {why === "network" && sendNow}
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

/** What this RA user recorded in roles they do not act in, and what to do about it. */
export function OwnWaits({ waits }: { waits: WaitView[] }) {
  const { queue_age_days } = useSignedIn().policy;
  const { go } = usePlaces();
  return waits
    .filter(({ is_own }) => is_own)
    .map((wait) => (
      <p key={wait.role} id={`waits-${wait.role}`}>
        {wait.role_lost ? OUTBOX.roleLost(wait, queue_age_days) : `${OUTBOX.otherRole(wait.count, wait.role_text)} `}
        {!wait.role_lost && (
          <ButtonLink id={`change-to-${wait.role}`} onClick={() => go({ at: "choose-role" })}>
            {OUTBOX.changeRole}
          </ButtonLink>
        )}
      </p>
    ));
}

/** What others recorded here and did not send: of colleagues whose RA manager this is, each with what can be done. */
export function Waits({ waits: all }: { waits: WaitView[] }) {
  const { outbox } = useSnapshot();
  const waits = all.filter(({ is_own }) => !is_own);
  const untold = outbox.other_people - waits.reduce((sum, { count }) => sum + count, 0);
  if (waits.length === 0 && untold <= 0) return null;
  return (
    <section id="waits">
      <h2 className="nhsuk-heading-m">{OUTBOX.others}</h2>
      {waits.length > 0 && (
        <>
          <p>{OUTBOX.othersText(true)}</p>
          <Table responsive className="ra-table nhsuk-table--compact">
            <Heads names={[OUTBOX.raUser, OUTBOX.notSent, OUTBOX.oldest, OUTBOX.whatYouCanDo]} />
            <Table.Body>
              {waits.map((wait) => (
                <WaitRow key={wait.role} wait={wait} />
              ))}
            </Table.Body>
          </Table>
        </>
      )}
      {untold > 0 && <p id="other-people">{OUTBOX.otherPeople(untold, waits.length > 0)}</p>}
      {waits.length === 0 && <p>{OUTBOX.othersText(false)}</p>}
    </section>
  );
}

function WaitRow({ wait: { name, role, role_text, count, to_take_over, oldest } }: { wait: WaitView }) {
  const { go } = usePlaces();
  return (
    <Table.Row id={`waits-${role}`}>
      <Table.Cell>
        <strong>{name ?? OUTBOX.anotherUser}</strong>
        <span className="ra-line ra-quiet">{role_text}</span>
      </Table.Cell>
      <Table.Cell>{counted(count, "registration")}</Table.Cell>
      <Table.Cell>{dayAndTime(oldest)}</Table.Cell>
      <Table.Cell>
        {to_take_over > 0 && (
          <Button
            small
            look="secondary"
            className="ra-in-row"
            id={`take-over-${role}`}
            onClick={() => go({ at: "take-over", role })}
          >
            {TAKING_OVER.some(to_take_over)}
            <span className="nhsuk-u-visually-hidden"> {TAKING_OVER.whose(name)}</span>
          </Button>
        )}
        {count > to_take_over && <span className="ra-line ra-quiet">{OUTBOX.busy(count - to_take_over)}</span>}
      </Table.Cell>
    </Table.Row>
  );
}
