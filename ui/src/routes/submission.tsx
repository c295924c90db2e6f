import { type ReactNode, useLayoutEffect, useRef } from "react";
import { type SubmissionView, useCommand, useDesk } from "../bridge";
import { dayAndTime, grouped } from "../content/dates";
import { kept } from "../content/keeping";
import { NETWORK_FAULTS } from "../content/network";
import {
  ATTENTION,
  EXPIRED,
  LINKED,
  OUTBOX,
  RECORDED,
  REMOVED,
  SENDING,
  SUBMISSION,
  sendBy,
  UNSETTLED,
  WAITING,
  WITHDRAWAL,
  WITHDRAWN,
} from "../content/outbox";
import { closesHere, refused } from "../content/refused";
import { STATUS, shownStatus } from "../content/status";
import { author, TAKING_OVER } from "../content/taking-over";
import { Asked } from "../frame/asked";
import { Page } from "../frame/page";
import { usePlaces } from "../frame/places";
import { useSearch } from "../frame/search";
import { useAnnounce, useShell, useSignedIn, useSnapshot } from "../frame/session";
import { Banner, Button, ButtonLink, Facts, Panel, StatusTag } from "../nhs";
import { Compare, NeedsAttention } from "./submission-attention";
import { LinkExpired, Waiting } from "./submission-waiting";

/** One page for a submission's whole life. It never says more than is true now. */
export function Submission({ submissionKey, notice }: { submissionKey: string; notice?: string | undefined }) {
  const desk = useDesk();
  const answer = useCommand("submission", submissionKey);
  // The page shows this one live for as long as it is open.
  useLayoutEffect(() => {
    desk.watchRegistration(submissionKey).catch(() => {});
    return () => {
      desk.watchRegistration(null).catch(() => {});
    };
  }, [desk, submissionKey]);
  return (
    <Asked answer={answer} loading={SUBMISSION.loading}>
      {(submission) => <Shown submission={submission} notice={notice} />}
    </Asked>
  );
}

function titleOf(submission: SubmissionView): string {
  const { status, name, withdrawal_requested, taken_over } = submission;
  if (taken_over) return TAKING_OVER.takenTitle(taken_over);
  if (withdrawal_requested) return WITHDRAWAL.requested;
  switch (status) {
    case "draft":
    case "ready_to_send":
      return submission.unsettled ? UNSETTLED.title : RECORDED.title;
    case "sending":
      return SENDING.title;
    case "waiting_for_them":
      return WAITING.title(name);
    case "link_expired":
      return EXPIRED.title(name);
    case "linked":
      return LINKED.title;
    case "needs_attention":
      return refused(submission)?.heading ?? ATTENTION.caption;
    case "withdrawn":
      return WITHDRAWN.title;
    case "removed":
      return REMOVED.title;
  }
}

function Shown({ submission, notice }: { submission: SubmissionView; notice: string | undefined }) {
  const announce = useAnnounce();
  const { back, canGoBack } = usePlaces();
  const title = titleOf(submission);
  // What changes while the page is open is said, and focus stays where it is.
  useLayoutEffect(() => {
    announce(title);
  }, [title, announce]);
  // Whoever watched the progress further down sees it too.
  const before = useRef(submission.status);
  useLayoutEffect(() => {
    if (before.current !== submission.status) document.querySelector("main h1")?.scrollIntoView?.({ block: "nearest" });
    before.current = submission.status;
  }, [submission.status]);
  return (
    <Page
      name="submission"
      status={submission.status}
      title={title}
      problem={submission.status === "needs_attention"}
      onBack={canGoBack ? back : undefined}
    >
      {notice && (
        <Banner good title="Done">
          <p className="nhsuk-notification-banner__heading">{notice}</p>
        </Banner>
      )}
      <Body submission={submission} title={title} />
      <AllFacts submission={submission} />
    </Page>
  );
}

function Body({ submission, title }: { submission: SubmissionView; title: string }) {
  const { status, name, withdrawal_requested, taken_over, taken_from } = submission;
  if (taken_over) {
    return (
      <Outcome title={title} text={TAKING_OVER.taken(taken_over, name)}>
        {null}
      </Outcome>
    );
  }
  if (withdrawal_requested) {
    return (
      <Outcome title={title} text={WITHDRAWAL.requestedText}>
        {!submission.in_this_role && !submission.role_lost && <p>{WITHDRAWAL.otherRole(submission.recorded_role)}</p>}
      </Outcome>
    );
  }
  switch (status) {
    case "draft":
    case "ready_to_send":
      return <Recorded submission={submission} title={title} />;
    case "sending":
      return (
        <Outcome title={title} text={SENDING.text(name)}>
          {null}
        </Outcome>
      );
    case "waiting_for_them":
      return <Waiting submission={submission} title={title} />;
    case "link_expired":
      return <LinkExpired submission={submission} title={title} />;
    case "linked":
      return (
        <>
          <Panel title={title} done>
            {LINKED.text(name)}
          </Panel>
          <h2 className="nhsuk-heading-m">{LINKED.next}</h2>
          <ul className="nhsuk-list nhsuk-list--bullet">
            {LINKED.nextList.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
          <NextPerson />
        </>
      );
    case "needs_attention":
      return <NeedsAttention submission={submission} title={title} />;
    case "withdrawn":
      return (
        <Outcome title={title} text={WITHDRAWN.text}>
          {taken_from?.given_back && <p id="given-back">{TAKING_OVER.givenBack(taken_from.name)}</p>}
          {taken_from?.taken_back != null && <TakenBack by={author(taken_from.taken_back || null)} />}
          {submission.replaced_by && <p>{WITHDRAWN.replaced}</p>}
          {submission.attention?.code === "ALREADY_REGISTERED" && <p>{WITHDRAWN.alreadyDone}</p>}
        </Outcome>
      );
    case "removed":
      return (
        <Outcome title={title} text={REMOVED.text(name)}>
          {null}
        </Outcome>
      );
  }
}

function TakenBack({ by }: { by: string }) {
  const { ready_to_send: then, withdrawn: now } = STATUS;
  return (
    <>
      <p id="taken-back">{TAKING_OVER.takenBack(by)}</p>
      <Compare
        rows={[[SUBMISSION.status, then.word, TAKING_OVER.takenBackBy(now.word, by)]]}
        before={TAKING_OVER.whenTaken}
      />
    </>
  );
}

interface OutcomeProps {
  title: string;
  text: string;
  /** The button that goes on, where something comes before the next person. */
  first?: ReactNode;
  children: ReactNode;
}

function Outcome({ title, text, first, children }: OutcomeProps) {
  return (
    <>
      <Panel title={title}>{text}</Panel>
      {children}
      <div className="ra-buttons">
        {first}
        <NextPerson look={first ? "secondary" : "primary"} />
      </div>
    </>
  );
}

function Recorded({ submission, title }: { submission: SubmissionView; title: string }) {
  const { network } = useSnapshot();
  const { go } = usePlaces();
  const { policy, state } = useSignedIn();
  const byPin = state === "offline";
  const { name, unsettled, needs_confirmation, in_this_role, recorded_role, recorded_at, role_lost } = submission;
  const until = unsettled ? null : sendBy(recorded_at, policy.queue_age_days);
  const forgets = useShell().not_kept === "forgets";
  const byItself = in_this_role && !needs_confirmation && !role_lost;
  const toConfirm = needs_confirmation && !role_lost;
  const confirm = toConfirm && !byPin && (
    <Button id="primary" onClick={() => go({ at: "confirm-recorded" })}>
      {RECORDED.confirm}
    </Button>
  );
  return (
    <Outcome title={title} text={unsettled ? UNSETTLED.text(name) : RECORDED.text(name)} first={confirm}>
      <p>
        {forgets ? kept("forgets") : RECORDED.saved}
        {byItself && ` ${byPin ? RECORDED.byPin : unsettled ? UNSETTLED.asks : RECORDED.sends}`}
      </p>
      {network.state === "offline" && (
        <p>
          {RECORDED.offline} {NETWORK_FAULTS[network.why].why}
        </p>
      )}
      {toConfirm && (
        <p id="needs-confirmation">
          <strong>{byPin ? RECORDED.byPinConfirm : RECORDED.needsConfirmation}</strong>
        </p>
      )}
      {role_lost ? (
        <p id="role-lost">{RECORDED.roleLost(recorded_role, until)}</p>
      ) : (
        !in_this_role && (
          <p>
            {RECORDED.otherRole(recorded_role)}{" "}
            <ButtonLink id="change-to" onClick={() => go({ at: "choose-role" })}>
              {OUTBOX.changeRole}
            </ButtonLink>
          </p>
        )
      )}
      {until && !role_lost && <p id="send-by">{RECORDED.sendBy(until)}</p>}
    </Outcome>
  );
}

/** On to the next in the queue: by PIN nobody can be found, so that is a draft. */
export function NextPerson({ look = "primary" }: { look?: "primary" | "secondary" }) {
  const { finish } = usePlaces();
  const { reset } = useSearch();
  const byPin = useSignedIn().state === "offline";
  return (
    <Button
      id={look === "primary" ? "primary" : "next-person"}
      look={look}
      onClick={() => {
        reset();
        finish(byPin ? { at: "outbox", tab: "drafts" } : { at: "find" });
      }}
    >
      {byPin ? SUBMISSION.drafts : SUBMISSION.findNext}
    </Button>
  );
}

function AllFacts({ submission }: { submission: SubmissionView }) {
  const { go, finish } = usePlaces();
  const { key, uuid, name, address, status, registration, replaces, replaced_by } = submission;
  const see = (other: string) => (
    <ButtonLink onClick={() => go({ at: "submission", key: other })}>{SUBMISSION.see}</ButtonLink>
  );
  const shown = shownStatus(submission);
  const facts = [
    { name: SUBMISSION.name, value: name },
    { name: SUBMISSION.uuid, value: <span className="ra-digits">{grouped(uuid)}</span> },
    { name: SUBMISSION.address, value: <span className="ra-address">{address}</span> },
    { name: shown.colour ? SUBMISSION.status : SUBMISSION.instead, value: <StatusTag {...shown} /> },
    { name: SUBMISSION.recorded, value: SUBMISSION.recordedAs(submission) },
  ];
  if (registration) facts.push({ name: SUBMISSION.registered, value: dayAndTime(registration.registered_at) });
  if (registration?.linked_at) facts.push({ name: SUBMISSION.linked, value: dayAndTime(registration.linked_at) });
  const { taken_over, taken_from } = submission;
  if (taken_from) facts.push({ name: TAKING_OVER.from, value: TAKING_OVER.fromWhom(taken_from) });
  if (replaces) facts.push({ name: SUBMISSION.replaces, value: see(replaces) });
  if (replaced_by) facts.push({ name: SUBMISSION.replacedBy, value: see(replaced_by) });
  const withdrawable =
    ["ready_to_send", "sending", "needs_attention"].includes(status) &&
    !submission.withdrawal_requested &&
    !taken_over &&
    // There the page asks for it, and says why.
    !closesHere(submission) &&
    !replaced_by;
  return (
    <section className="ra-facts">
      <h2 className="nhsuk-heading-m">{SUBMISSION.facts}</h2>
      <Facts facts={facts} />
      <ul className="nhsuk-list ra-links">
        {submission.attention?.next !== "already_done" && (
          <li>
            <ButtonLink id="see-profile" onClick={() => go({ at: "profile", uuid })}>
              {SUBMISSION.profile}
            </ButtonLink>
          </li>
        )}
        <li>
          <ButtonLink id="to-outbox" onClick={() => finish({ at: "outbox", tab: taken_over ? "done" : tabOf(status) })}>
            {SUBMISSION.outbox}
          </ButtonLink>
        </li>
        {withdrawable && (
          <li>
            <ButtonLink id="withdraw" onClick={() => go({ at: "withdraw", key })}>
              {SUBMISSION.withdraw}
            </ButtonLink>
          </li>
        )}
      </ul>
    </section>
  );
}

function tabOf(status: SubmissionView["status"]) {
  if (status === "draft") return "drafts";
  if (status === "ready_to_send" || status === "sending") return "ready";
  if (status === "waiting_for_them" || status === "link_expired") return "waiting";
  return status === "needs_attention" ? "attention" : "done";
}
