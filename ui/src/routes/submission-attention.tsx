import { type SubmissionView, useAct, useDesk, useKeep } from "../bridge";
import { NEXT_STEPS } from "../content/codes";
import { dayAndTime } from "../content/dates";
import { PROFILE } from "../content/find";
import { ATTENTION, SUBMISSION } from "../content/outbox";
import { closesHere, refused } from "../content/refused";
import { type Side, sides } from "../content/sides";
import { firstUnanswered } from "../frame/draft-steps";
import { FaultSummary, Heading } from "../frame/page";
import { usePlaces } from "../frame/places";
import { useSearch } from "../frame/search";
import { useSignedIn } from "../frame/session";
import { Button, Heads, InsetText, Table } from "../nhs";

/** The gateway said no: why, and what to do next. */
export function NeedsAttention({ submission, title }: { submission: SubmissionView; title: string }) {
  const desk = useDesk();
  const keep = useKeep();
  const { go, finish } = usePlaces();
  const { reset } = useSearch();
  const { policy } = useSignedIn();
  const { key, uuid, attention, name, replaced_by, taken_from } = submission;
  const words = refused(submission);
  const code = attention?.code;
  const inRole = code === "NOT_PERMITTED" || code === "NOT_YOUR_SUBMISSION";
  const correct = useAct(async () => {
    const draft = await desk.correct(key);
    keep.draft(draft);
    keep.changed("outbox");
    if (attention?.next === "correct_address") go({ at: "address", draft: draft.id });
    else if (attention?.next === "record_anew" || inRole) go({ at: "identity", draft: draft.id });
    else go(firstUnanswered(draft));
  });
  if (!attention || !words) return <Heading caption={ATTENTION.caption}>{title}</Heading>;
  const step = NEXT_STEPS[attention.next];
  const withdraw = (
    <Button id="withdraw" look="secondary" onClick={() => go({ at: "withdraw", key })}>
      {ATTENTION.closeDone}
    </Button>
  );
  if (taken_from?.given_back) {
    return (
      <>
        <Heading caption={`${ATTENTION.caption}: ${name}`}>{title}</Heading>
        <p id="given-back">{words.explanation}</p>
        <p>{words.next}</p>
        {withdraw}
      </>
    );
  }
  const findAgain = () => {
    reset();
    finish({ at: "find" });
  };
  return (
    <>
      <FaultSummary fault={correct.fault} attempt={correct.faults} />
      <Heading caption={`${ATTENTION.caption}: ${name}`}>{title}</Heading>
      <p>{code === "TOO_OLD" ? ATTENTION.tooOld(policy.queue_age_days, submission.recorded_at) : words.explanation}</p>
      {(attention.done_by || attention.done_at) && (
        <p>
          <strong>{ATTENTION.doneBy(attention.done_by, attention.done_at && dayAndTime(attention.done_at))}</strong>
        </p>
      )}
      <Compare rows={sides(attention.code, submission)} marks={code === "PROFILE_CHANGED"} />
      <h2 className="nhsuk-heading-m">{ATTENTION.whatNext}</h2>
      <p>{words.next}</p>
      {attention.next === "already_done" && <p>{ATTENTION.closeWhy}</p>}
      {!replaced_by && (
        <div className="ra-buttons">
          {step.button && code !== "UNKNOWN_PROFILE" && (
            <Button id="primary" onClick={() => correct.run()} busy={correct.busy && step.button}>
              {step.button}
            </Button>
          )}
          {code === "UNKNOWN_PROFILE" && (
            <Button id="primary" onClick={findAgain}>
              {ATTENTION.findAgain}
            </Button>
          )}
          {inRole && (
            <>
              <Button id="primary" onClick={() => go({ at: "choose-role" })}>
                {ATTENTION.changeRole}
              </Button>
              <Button
                id="record-again"
                look="secondary"
                onClick={() => correct.run()}
                busy={correct.busy && ATTENTION.recordAgain}
              >
                {ATTENTION.recordAgain}
              </Button>
            </>
          )}
          {attention.next === "already_done" && (
            <Button id="primary" onClick={() => go({ at: "profile", uuid })}>
              {SUBMISSION.profile}
            </Button>
          )}
          {closesHere(submission) && withdraw}
        </div>
      )}
    </>
  );
}

interface CompareProps {
  rows: Side[] | null;
  before?: string;
  /** Whether each difference is called one. */
  marks?: boolean;
}

/** What was recorded and what is so now, side by side. */
export function Compare({ rows, before = ATTENTION.before, marks }: CompareProps) {
  if (!rows) return null;
  if (rows.length === 0) {
    return (
      <InsetText>
        <p>{ATTENTION.noProfile}</p>
      </InsetText>
    );
  }
  return (
    <Table responsive className="ra-table ra-compare" caption={ATTENTION.compareCaption}>
      <Heads names={[PROFILE.details, before, ATTENTION.now]} />
      <Table.Body>
        {rows.map(([what, then, now]) => (
          <Table.Row key={what}>
            <Table.Cell>{what}</Table.Cell>
            <Table.Cell>{then}</Table.Cell>
            <Table.Cell>
              {then === now ? (
                now
              ) : (
                <>
                  <strong>{now}</strong> {marks && <span className="ra-changed">{ATTENTION.changed}</span>}
                </>
              )}
            </Table.Cell>
          </Table.Row>
        ))}
      </Table.Body>
    </Table>
  );
}
