import { type SubmissionView, useAct, useCommand, useDesk, useKeep } from "../bridge";
import { grouped } from "../content/dates";
import { SUBMISSION, WITHDRAWAL } from "../content/outbox";
import { TAKING_OVER } from "../content/taking-over";
import { Asked } from "../frame/asked";
import { FaultSummary, Heading, Page } from "../frame/page";
import { usePlaces } from "../frame/places";
import { Button, ButtonLink, Facts } from "../nhs";

/** Asks before a registration is taken back. */
export function Withdraw({ submissionKey }: { submissionKey: string }) {
  const answer = useCommand("submission", submissionKey);
  return <Asked answer={answer}>{(submission) => <Question submission={submission} />}</Asked>;
}

function Question({ submission }: { submission: SubmissionView }) {
  const desk = useDesk();
  const keep = useKeep();
  const { back, finish } = usePlaces();
  const { key, name, uuid, address, unsettled, attention, taken_from } = submission;
  const withdraw = useAct(async () => {
    keep.submission(await desk.withdraw(key));
    keep.changed("outbox");
    keep.profileChanged(uuid);
    finish({ at: "submission", key }, { at: "outbox", tab: "ready" });
  });
  const what = () => {
    if (unsettled) return WITHDRAWAL.unsettled;
    if (attention?.code === "ALREADY_REGISTERED") return WITHDRAWAL.alreadyDone;
    // What the RA service refused for good is not its author's again.
    if (taken_from && (taken_from.given_back || !attention)) return TAKING_OVER.givesBack(taken_from.name);
    return WITHDRAWAL.settled;
  };
  return (
    <Page name="withdraw" title={WITHDRAWAL.title(name)} onBack={back} problem={withdraw.fault !== null}>
      <FaultSummary fault={withdraw.fault} attempt={withdraw.faults} />
      <Heading>{WITHDRAWAL.title(name)}</Heading>
      <p id="what-happens">{what()}</p>
      <Facts
        facts={[
          { name: SUBMISSION.uuid, value: <span className="ra-digits">{grouped(uuid)}</span> },
          { name: SUBMISSION.address, value: <span className="ra-address">{address}</span> },
          { name: SUBMISSION.recorded, value: SUBMISSION.recordedAs(submission) },
        ]}
      />
      <div className="ra-buttons">
        <Button id="primary" look="warning" onClick={() => withdraw.run()} busy={withdraw.busy && WITHDRAWAL.busy}>
          {WITHDRAWAL.yes}
        </Button>
        <ButtonLink onClick={back}>{WITHDRAWAL.no}</ButtonLink>
      </div>
    </Page>
  );
}
