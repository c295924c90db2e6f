import type { ReactNode } from "react";
import { type RegistrationView, type SubmissionView, useAct, useCommand, useDesk, useKeep } from "../bridge";
import { dayAndTime } from "../content/dates";
import { EXPIRED, SUBMISSION, WAITING } from "../content/outbox";
import { FaultSummary, Heading } from "../frame/page";
import { useAnnounce, useSignedIn } from "../frame/session";
import { Button, WarningCallout } from "../nhs";
import { NextPerson } from "./submission";

interface Props {
  submission: SubmissionView;
  title: string;
}

/** Registered, not linked: the QR, the link to copy, and how far the user is, live. */
export function Waiting({ submission, title }: Props) {
  const desk = useDesk();
  const announce = useAnnounce();
  const { policy } = useSignedIn();
  const { key, name, address, registration } = submission;
  const copy = useAct(async () => {
    await desk.copyLink(key);
    announce(WAITING.copied);
  });
  const fresh = useFreshLink(key);
  const failed = fresh.fault ? fresh : copy;
  const expires = registration?.link_expires_at && <p>{WAITING.expires(dayAndTime(registration.link_expires_at))}</p>;
  return (
    <>
      <FaultSummary fault={failed.fault} attempt={failed.faults} />
      <Heading>{title}</Heading>
      {registration && <WrongAccount registration={registration} address={address} works />}
      <p>{WAITING.text(name)}</p>
      {policy.presence_required && (
        <p>
          <strong>{WAITING.presence}</strong>
        </p>
      )}
      {policy.presence_required ? (
        <>
          <Qr submissionKey={key} name={name} presence />
          {expires}
        </>
      ) : (
        <div className="ra-finish">
          <Qr submissionKey={key} name={name} presence={false} />
          <div className="ra-finish__words">
            <h2 className="nhsuk-heading-m">{WAITING.orCopy}</h2>
            <p>{WAITING.copyHelp}</p>
            <Button id="copy-link" look="secondary" onClick={() => copy.run()}>
              {WAITING.copy}
            </Button>
            <Copied copied={!copy.busy && copy.fault === null && copy.done > 0} />
            {expires}
          </div>
        </div>
      )}
      {registration && <Progress registration={registration} />}
      <div className="ra-buttons">
        <NextPerson />
        <Button id="fresh-link" look="secondary" onClick={() => fresh.run()}>
          {WAITING.fresh}
        </Button>
      </div>
      <p className="ra-quiet">{WAITING.mistake}</p>
    </>
  );
}

function Copied({ copied }: { copied: boolean }) {
  return copied ? <p className="ra-copied">{WAITING.copied}</p> : null;
}

export function LinkExpired({ submission, title }: Props) {
  const fresh = useFreshLink(submission.key);
  const { registration, address, name } = submission;
  return (
    <>
      <FaultSummary fault={fresh.fault} attempt={fresh.faults} />
      <Heading>{title}</Heading>
      {registration && <WrongAccount registration={registration} address={address} />}
      <p>{EXPIRED.text(name)}</p>
      {registration && <Progress registration={registration} />}
      <div className="ra-buttons">
        <Button id="primary" onClick={() => fresh.run()} busy={fresh.busy && EXPIRED.fresh}>
          {EXPIRED.fresh}
        </Button>
        <NextPerson look="secondary" />
      </div>
    </>
  );
}

function useFreshLink(key: string) {
  const desk = useDesk();
  const keep = useKeep();
  const announce = useAnnounce();
  return useAct(async () => {
    keep.submission(await desk.freshLink(key));
    keep.changed("outbox");
    announce(WAITING.freshDone);
  });
}

/** The link as a picture. The page never has it as text. */
function Qr({ submissionKey, name, presence }: { submissionKey: string; name: string; presence: boolean }) {
  const { data, fault } = useCommand("linkQr", submissionKey);
  return (
    <div className="ra-qr">
      <h2 className="nhsuk-heading-m">{WAITING.qrHeading}</h2>
      {data ? (
        <img
          className="ra-qr__code"
          id="link-qr"
          alt={presence ? WAITING.qrAltPresence(name) : WAITING.qrAlt(name)}
          src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(data)}`}
        />
      ) : (
        fault && <p className="ra-qr__none">{presence ? WAITING.qrMissingPresence : WAITING.qrMissing}</p>
      )}
      <p>{WAITING.qrHelp}</p>
    </div>
  );
}

interface WrongAccountProps {
  registration: RegistrationView;
  address: string;
  /** Whether the link can still be used. */
  works?: boolean;
}

/** Directly under the heading, since the person is often still at the desk. */
function WrongAccount({ registration, address, works }: WrongAccountProps) {
  const { wrong_account, attempts_left } = registration;
  if (wrong_account === 0) return null;
  return (
    <WarningCallout className="ra-callout" id="wrong-account">
      <WarningCallout.Heading headingLevel="h2">{WAITING.wrongHeading}</WarningCallout.Heading>
      <p>
        {WAITING.wrong(wrong_account, address)}
        {works && ` ${WAITING.attempts(attempts_left)}`}
      </p>
    </WarningCallout>
  );
}

/** Opened, signed in, linked: each with its time. */
function Progress({ registration }: { registration: RegistrationView }) {
  const { opened_at, signed_in_at, linked_at, wrong_account, read_at } = registration;
  const steps: [string, ReactNode, string | null][] = [
    ["opened", WAITING.steps.opened, opened_at],
    // Somebody who signed in with another account has not done this step.
    ["signed-in", WAITING.steps.signedIn, wrong_account > 0 && !linked_at ? null : signed_in_at],
    ["linked", WAITING.steps.linked, linked_at],
  ];
  return (
    <section>
      <h2 className="nhsuk-heading-m">{WAITING.progress}</h2>
      <ol className="ra-steps" aria-live="polite">
        {steps.map(([id, text, at]) => (
          <li key={id} id={`step-${id}`} className={at ? "ra-steps__done" : "ra-steps__todo"}>
            <span className="ra-steps__name">{text}</span>{" "}
            <span className="ra-steps__time">{at ? dayAndTime(at) : WAITING.notYet}</span>
          </li>
        ))}
      </ol>
      <p className="ra-quiet">{SUBMISSION.refreshed(dayAndTime(read_at))}</p>
    </section>
  );
}
