import { type DraftView, type Fault, useAct, useCommand, useDesk, useKeep } from "../bridge";
import { birthDate, grouped } from "../content/dates";
import { ACCEPTED_BY, DOCUMENTS, METHODS } from "../content/people";
import { CHECK } from "../content/registering";
import { NOT_KEPT } from "../content/signing-in";
import { Asked } from "../frame/asked";
import { FaultSummary, Heading, Page } from "../frame/page";
import { usePlaces } from "../frame/places";
import { useShell, useSnapshot } from "../frame/session";
import { Button, ButtonLink, Facts, InsetText } from "../nhs";

/** All answers before anything is recorded. The button says whether it leaves the computer. */
export function Check({ id }: { id: string }) {
  const answer = useCommand("draft", id);
  return <Asked answer={answer}>{(draft) => <CheckAnswers draft={draft} />}</Asked>;
}

function CheckAnswers({ draft }: { draft: DraftView }) {
  const desk = useDesk();
  const keep = useKeep();
  const { network, session } = useSnapshot();
  const { back, finish, go } = usePlaces();
  const { not_kept: notKept } = useShell();
  // By PIN nothing is sent, also where the gateway answers again.
  const byPin = session.state === "offline";
  const cutOff = byPin || network.state === "offline";
  // Where nothing is kept, it is tried with the gateway or not at all.
  const offline = cutOff && !notKept;
  const offlineNext = byPin ? CHECK.byPinNext : CHECK.offlineNext;
  const next = offline ? offlineNext : cutOff ? CHECK.notKeptNext : CHECK.onlineNext;
  const record = useAct(async () => {
    const submission = await desk.record(draft.id);
    keep.submission(submission);
    keep.changed("outbox");
    keep.profileChanged(draft.uuid);
    finish({ at: "submission", key: submission.key });
  });
  const discard = useAct(async () => {
    await desk.discardDraft(draft.id);
    keep.profileChanged(draft.uuid);
    keep.changed("outbox");
    finish({ at: "outbox", tab: "drafts", discarded: { id: draft.id, name: draft.short_name } });
  });
  const failed = record.fault ? record : discard;
  const toAddress = () => go({ at: "address", draft: draft.id, fromCheck: true });
  const toIdentity = () => go({ at: "identity", draft: draft.id, fromCheck: true });
  return (
    <Page name="check" title={CHECK.title} onBack={back} problem={failed.fault !== null}>
      <FaultSummary fault={atChangeLinks(failed.fault)} attempt={failed.faults} />
      <Heading>{CHECK.title}</Heading>
      {cutOff && (
        <InsetText id={notKept ? "not-kept" : "working-offline"}>
          <p>
            <strong>{byPin ? CHECK.byPinTitle : CHECK.offlineTitle}.</strong>{" "}
            {notKept ? NOT_KEPT[notKept] : CHECK.offlineNow}
          </p>
        </InsetText>
      )}
      {draft.corrects && (
        <InsetText>
          <p>{CHECK.corrects}</p>
        </InsetText>
      )}
      <h2 className="nhsuk-heading-m">{CHECK.person}</h2>
      <Facts
        facts={[
          { name: CHECK.name, value: draft.name },
          { name: CHECK.uuid, value: <span className="ra-digits">{grouped(draft.uuid)}</span> },
          { name: CHECK.born, value: birthDate(draft.birth_date) },
        ]}
      />
      <h2 className="nhsuk-heading-m">{CHECK.account}</h2>
      <Facts
        facts={[
          {
            name: CHECK.address,
            value: <span className="ra-address">{draft.address ?? CHECK.notGiven}</span>,
            onChange: toAddress,
            id: "change-address",
          },
          ...(draft.address_reason ? [{ name: CHECK.reason, value: draft.address_reason, onChange: toAddress }] : []),
        ]}
      />
      <h2 className="nhsuk-heading-m">{CHECK.check}</h2>
      <Facts
        facts={[
          {
            name: CHECK.method,
            value: draft.method ? METHODS[draft.method].label : CHECK.notGiven,
            onChange: toIdentity,
            id: "change-method",
          },
          {
            name: CHECK.documents,
            value:
              draft.documents.length === 0
                ? CHECK.notGiven
                : draft.documents.map((kind) => (
                    <span className="ra-line" key={kind}>
                      {DOCUMENTS[kind].label}
                    </span>
                  )),
            onChange: toIdentity,
            id: "change-documents",
          },
          {
            name: CHECK.declaration,
            value: draft.accepted_by ? ACCEPTED_BY[draft.accepted_by].answer(draft.short_name) : CHECK.notGiven,
            onChange: toIdentity,
            id: "change-accepted_by",
          },
        ]}
      />
      <p id="what-happens">{next(draft.short_name)}</p>
      <div className="ra-buttons">
        <Button
          id="primary"
          aria-describedby="what-happens"
          onClick={() => record.run()}
          busy={record.busy && (offline ? CHECK.busyOffline : CHECK.busyOnline)}
        >
          {offline ? CHECK.offline : CHECK.online}
        </Button>
        <ButtonLink id="discard" onClick={() => discard.run()}>
          {CHECK.discard}
        </ButtonLink>
      </div>
    </Page>
  );
}

/** There are no fields here: each finding leads to the link that changes its answer. */
function atChangeLinks(fault: Fault | null): Fault | null {
  const links: Record<string, string> = { reason: "address" };
  return (
    fault && {
      ...fault,
      fields: fault.fields.map((error) => ({ ...error, field: `change-${links[error.field] ?? error.field}` })),
    }
  );
}
