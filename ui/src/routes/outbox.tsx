import { useLayoutEffect, useRef, useState } from "react";
import {
  type DraftView,
  type OutboxPage,
  type OutboxTab,
  type SubmissionView,
  useAct,
  useCommand,
  useDesk,
  useKeep,
  type WaitView,
} from "../bridge";
import { dayAndTime, grouped } from "../content/dates";
import { ELSEWHERE } from "../content/elsewhere";
import { OUTBOX, SUBMISSION } from "../content/outbox";
import { refused } from "../content/refused";
import { shownStatus, waitsFor } from "../content/status";
import { author, TAKING_OVER } from "../content/taking-over";
import { firstUnanswered } from "../frame/draft-steps";
import { FaultSummary, Heading, Page } from "../frame/page";
import { usePlaces } from "../frame/places";
import { useAnnounce, useSnapshot, useToSend } from "../frame/session";
import { Banner, ButtonLink, Heads, StatusTag, Table, Tabs } from "../nhs";
import { OwnWaits, Sending, Waits } from "./outbox-sending";

interface OutboxProps {
  tab: OutboxTab;
  /** Whether the RA user has just said that they recorded these. */
  confirmed: boolean;
  discarded: { id: string; name: string } | undefined;
  /** How many were just taken over from a colleague: 0 where none was left. Null where nobody took over anything. */
  takenOver: number | null;
}

const TABS: OutboxTab[] = ["drafts", "ready", "waiting", "attention", "done"];

/** Everything of this RA user that is on its way, by what is to be done about it. */
export function Outbox({ tab: first, confirmed, discarded: before, takenOver }: OutboxProps) {
  const desk = useDesk();
  const keep = useKeep();
  const announce = useAnnounce();
  const { go } = usePlaces();
  const { outbox: counts } = useSnapshot();
  const toSend = useToSend();
  const [tab, setTab] = useState(first);
  const [discarded, setDiscarded] = useState(before);
  const [restored, setRestored] = useState<string | null>(null);
  const answer = useCommand("outbox", tab);
  // What was pressed is gone then, and focus must not go with it.
  const acted = useRef(false);
  useLayoutEffect(() => {
    if (!acted.current) return;
    if (discarded) document.getElementById("undo")?.focus();
    else document.querySelector<HTMLElement>("main h1")?.focus();
  }, [discarded]);
  const discard = useAct(async (draft: DraftView) => {
    await desk.discardDraft(draft.id);
    acted.current = true;
    setRestored(null);
    setDiscarded({ id: draft.id, name: draft.short_name });
    announce(OUTBOX.discarded(draft.short_name));
    keep.changed("outbox");
    keep.profileChanged(draft.uuid);
  });
  const undo = useAct(async ({ id, name }: { id: string; name: string }) => {
    keep.draft(await desk.restoreDraft(id));
    acted.current = true;
    setDiscarded(undefined);
    setRestored(name);
    announce(OUTBOX.restored(name));
    keep.changed("outbox");
  });
  const failed = undo.fault ? undo : discard;
  // Kept while another tab is asked for, so that the tabs stay where they are.
  const told = useRef<WaitView[]>([]);
  if (answer.data) told.current = answer.data.waits;
  const waits = told.current;
  // What only an RA manager can do is not looked for below all that is theirs.
  const takesOver = waits.some(({ to_take_over }) => to_take_over > 0);
  const tabs = TABS.map((value) => ({ value, label: OUTBOX.tabs[value], count: counts[value] }));
  return (
    <Page name="outbox" status={tab} title={OUTBOX.title} problem={failed.fault !== null} wide>
      <FaultSummary fault={failed.fault ?? answer.fault} attempt={failed.faults} />
      {discarded && (
        <Banner>
          <p className="nhsuk-notification-banner__heading">{OUTBOX.discarded(discarded.name)}</p>
          <p>
            <ButtonLink id="undo" onClick={() => undo.run(discarded)}>
              {OUTBOX.undo}
            </ButtonLink>
          </p>
        </Banner>
      )}
      {restored && !discarded && (
        <Banner good title="Done">
          <p className="nhsuk-notification-banner__heading">{OUTBOX.restored(restored)}</p>
        </Banner>
      )}
      {confirmed && toSend > 0 && !restored && !discarded && (
        <Banner>
          <p className="nhsuk-notification-banner__heading" id="confirmed">
            {OUTBOX.confirmed(toSend)}
          </p>
        </Banner>
      )}
      {takenOver !== null && takenOver > 0 && (
        <Banner good title="Done">
          <p className="nhsuk-notification-banner__heading" id="taken-over">
            {TAKING_OVER.done(takenOver)}
          </p>
        </Banner>
      )}
      {takenOver === 0 && (
        <Banner>
          <p className="nhsuk-notification-banner__heading" id="nothing-left">
            {TAKING_OVER.gone}
          </p>
        </Banner>
      )}
      <Heading>{OUTBOX.title}</Heading>
      <Sending />
      {takesOver && <Waits waits={waits} />}
      <Tabs label={OUTBOX.tabsLabel} tabs={tabs} current={tab} onChoose={setTab}>
        <h2 className="nhsuk-heading-m">{OUTBOX.tabs[tab]}</h2>
        {answer.data && <Rows tab={tab} page={answer.data} onDiscard={discard.run} />}
      </Tabs>
      {answer.data && !takesOver && <Waits waits={waits} />}
      <p>
        <ButtonLink id="waiting-elsewhere" onClick={() => go({ at: "waiting-elsewhere" })}>
          {ELSEWHERE.link}
        </ButtonLink>
      </p>
    </Page>
  );
}

function Rows({ tab, page, onDiscard }: { tab: OutboxTab; page: OutboxPage; onDiscard: (draft: DraftView) => void }) {
  const shown = page.drafts.length + page.submissions.length;
  if (shown === 0) {
    const ofOthers = tab === "ready" && (page.counts.other_people > 0 || page.waits.some(({ is_own }) => !is_own));
    return <p id="empty">{ofOthers ? OUTBOX.emptyOfYours : OUTBOX.empty[tab]}</p>;
  }
  return (
    <>
      <p>{OUTBOX.explain[tab]}</p>
      {tab === "drafts" && <Drafts drafts={page.drafts} onDiscard={onDiscard} />}
      {tab === "ready" && <ToSend page={page} />}
      {tab !== "drafts" && tab !== "ready" && <Submissions submissions={page.submissions} />}
      {shown < page.total && <p className="ra-quiet">{OUTBOX.shown(shown, page.total)}</p>}
    </>
  );
}

/** What RA Desk sends by itself, apart from what it does not send before somebody has done something. */
function ToSend({ page: { submissions, waits } }: { page: OutboxPage }) {
  const goes = submissions.filter((submission) => !waitsFor(submission));
  const held = submissions.filter((submission) => waitsFor(submission));
  return (
    <>
      {goes.length > 0 && (
        <section id="goes">
          <h3 className="nhsuk-heading-s">{OUTBOX.goes}</h3>
          <p>{OUTBOX.goesText}</p>
          <Submissions submissions={goes} />
        </section>
      )}
      {held.length > 0 && (
        <section id="held">
          <h3 className="nhsuk-heading-s">{OUTBOX.held}</h3>
          <p>{OUTBOX.heldText}</p>
          <Submissions submissions={held} />
          <OwnWaits waits={waits} />
        </section>
      )}
    </>
  );
}

function Drafts({ drafts, onDiscard }: { drafts: DraftView[]; onDiscard: (draft: DraftView) => void }) {
  const { go } = usePlaces();
  return (
    <Table responsive className="ra-table nhsuk-table--compact">
      <Heads names={[OUTBOX.person, OUTBOX.address, OUTBOX.changed, OUTBOX.actions]} />
      <Table.Body>
        {drafts.map((draft) => (
          <Table.Row key={draft.id}>
            <Table.Cell>
              <strong>{draft.name}</strong>
              <span className="ra-line ra-digits">{grouped(draft.uuid)}</span>
            </Table.Cell>
            <Table.Cell className="ra-address">{draft.address ?? OUTBOX.noAddress}</Table.Cell>
            <Table.Cell>{dayAndTime(draft.updated_at)}</Table.Cell>
            <Table.Cell className="ra-row-actions">
              <ButtonLink id={`continue-${draft.id}`} onClick={() => go(firstUnanswered(draft))}>
                {OUTBOX.goOn}
                <span className="nhsuk-u-visually-hidden"> {OUTBOX.of(draft.short_name)}</span>
              </ButtonLink>
              <ButtonLink id={`discard-${draft.id}`} onClick={() => onDiscard(draft)}>
                {OUTBOX.discard}
                <span className="nhsuk-u-visually-hidden"> {OUTBOX.of(draft.short_name)}</span>
              </ButtonLink>
            </Table.Cell>
          </Table.Row>
        ))}
      </Table.Body>
    </Table>
  );
}

/** Submissions, a row each. */
export function Submissions({ submissions }: { submissions: SubmissionView[] }) {
  return (
    <Table responsive className="ra-table nhsuk-table--compact">
      <Heads names={[OUTBOX.person, OUTBOX.address, OUTBOX.recorded, SUBMISSION.instead]} />
      <Table.Body>
        {submissions.map((submission) => (
          <SubmissionRow key={submission.key} submission={submission} />
        ))}
      </Table.Body>
    </Table>
  );
}

/** One submission: its reason and next step stand in the row, so that nobody has to open it to know. */
function SubmissionRow({ submission }: { submission: SubmissionView }) {
  const { go } = usePlaces();
  const { key, name, uuid, address, recorded_at, recorded_role, in_this_role, status, taken_from, taken_over } =
    submission;
  const shown = shownStatus(submission);
  const waits = status === "ready_to_send" && !taken_over ? waitsFor(submission) : null;
  const why = status === "needs_attention" ? refused(submission) : null;
  return (
    <Table.Row>
      <Table.Cell>
        <ButtonLink className="ra-strong" id={`submission-${key}`} onClick={() => go({ at: "submission", key })}>
          {name}
        </ButtonLink>
        <span className="ra-line ra-digits">{grouped(uuid)}</span>
      </Table.Cell>
      <Table.Cell className="ra-address">{address}</Table.Cell>
      <Table.Cell>
        {dayAndTime(recorded_at)}
        {!in_this_role && <span className="ra-line ra-quiet">{recorded_role}</span>}
        {taken_from && !taken_from.given_back && (
          <span className="ra-line ra-quiet">
            {TAKING_OVER.from} {author(taken_from.name)}
          </span>
        )}
      </Table.Cell>
      <Table.Cell>
        <StatusTag {...shown} />
        {waits && waits.word !== shown.word && <span className="ra-line ra-quiet">{waits.word}</span>}
        {why && (
          <>
            <span className="ra-line">{why.heading}.</span>
            <span className="ra-line ra-quiet">{why.say}.</span>
          </>
        )}
      </Table.Cell>
    </Table.Row>
  );
}
