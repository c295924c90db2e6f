import { useState } from "react";
import { type AuditCopyView, type AuditView, type RecoveryView, useAct, useCommand, useDesk } from "../bridge";
import { AUDIT, RECOVERY } from "../content/upkeep";
import { Asked } from "../frame/asked";
import { FaultSummary, Heading, Page } from "../frame/page";
import { usePlaces } from "../frame/places";
import { useAnnounce, useShell, useSignedIn } from "../frame/session";
import { Button, Facts, InsetText } from "../nhs";

interface RecoveredProps {
  recovery: RecoveryView;
  done: () => void;
  /** Goes on without it being noted that somebody read this: the next start shows it again. */
  goOn: () => void;
}

/** The file was damaged: what was recovered and what was not, in numbers, until somebody has read it. */
export function Recovered({ recovery, done, goOn }: RecoveredProps) {
  const desk = useDesk();
  const title = RECOVERY.title(recovery);
  const here = RECOVERY.recovered(recovery);
  const toSend = RECOVERY.toSend(recovery);
  const read = useAct(async () => {
    await desk.acknowledgeRecovery();
    done();
  });
  return (
    <Page name="recovered" title={title} problem={read.fault !== null}>
      <FaultSummary fault={read.fault} attempt={read.faults} words={RECOVERY.notSaved} />
      <Heading>{title}</Heading>
      <InsetText>
        {here && <p id="recovered">{here}</p>}
        <p id="lost">{RECOVERY.lost(recovery)}</p>
        <p>{RECOVERY.drafts}</p>
      </InsetText>
      {toSend && <p id="to-send">{toSend}</p>}
      <h2 className="nhsuk-heading-m">{RECOVERY.next}</h2>
      <p>{recovery.set_aside === null ? RECOVERY.gone : RECOVERY.failing}</p>
      <p>{RECOVERY.compare}</p>
      <Folder recovery={recovery} />
      <p>{RECOVERY.each}</p>
      <div className="ra-buttons">
        <Button id="primary" onClick={() => read.run()} busy={read.busy && RECOVERY.reading}>
          {RECOVERY.read}
        </Button>
        {read.fault && (
          <Button id="go-on" look="secondary" onClick={goOn}>
            {RECOVERY.goOn}
          </Button>
        )}
      </div>
    </Page>
  );
}

function Folder({ recovery }: { recovery: RecoveryView }) {
  return (
    recovery.set_aside !== null && (
      <>
        <p>{RECOVERY.folder(recovery)}</p>
        <p className="ra-address">
          <code className="ra-code">{recovery.set_aside}</code>
        </p>
      </>
    )
  );
}

/** The same, for as long as RA Desk is on this computer: who read it may want the numbers again. */
export function PastRecoveries() {
  const { data } = useCommand("recoveries");
  return (
    data &&
    data.length > 0 && (
      <section id="recoveries">
        <h2 className="nhsuk-heading-m">{RECOVERY.past}</h2>
        {data.map((recovery) => (
          <InsetText key={recovery.found_at}>
            <h3 className="nhsuk-heading-s">{RECOVERY.title(recovery)}</h3>
            <p>
              {RECOVERY.recovered(recovery)} {RECOVERY.lost(recovery)}
            </p>
            <Folder recovery={recovery} />
          </InsetText>
        ))}
      </section>
    )
  );
}

/** What says that a copy could not be written into its folder. */
const UNWRITTEN = new Set<string | undefined>(["FOLDER_NOT_WRITABLE", "DISK_FULL"]);

/** Whether the audit of this computer is as it was written. */
export function Audit() {
  const desk = useDesk();
  const { back } = usePlaces();
  const answer = useCommand("checkAudit");
  const announce = useAnnounce();
  const { kiosk } = useShell();
  const { person } = useSignedIn();
  const [copy, setCopy] = useState<AuditCopyView | null>(null);
  const save = useAct(async () => {
    setCopy(null);
    const saved = await desk.saveAudit();
    setCopy(saved);
    announce(AUDIT.saved(saved));
  });
  const begin = useAct(async () => {
    await desk.beginNewAudit();
    answer.again();
    // The button is gone then: focus goes to where the answer stands.
    document.querySelector<HTMLElement>("main h1")?.focus();
  });
  return (
    <Asked answer={answer} loading={AUDIT.checking}>
      {(audit) => {
        const result = resultOf(audit);
        return (
          <Page
            name="audit"
            title={AUDIT.title}
            status={result}
            onBack={back}
            problem={begin.fault !== null || save.fault !== null}
          >
            <FaultSummary fault={begin.fault} attempt={begin.faults} />
            <FaultSummary
              fault={save.fault}
              attempt={save.faults}
              words={UNWRITTEN.has(save.fault?.code) ? AUDIT.notSaved : undefined}
            />
            <Heading>{AUDIT.title}</Heading>
            <p>{AUDIT.lead}</p>
            {audit.asked && (
              <InsetText>
                <p id="asked">{AUDIT.asked}</p>
              </InsetText>
            )}
            <Found audit={audit} result={result} />
            <Button id="primary" look="secondary" onClick={answer.again} busy={answer.asking && AUDIT.checking}>
              {AUDIT.again}
            </Button>
            {person.may_register && !kiosk && (
              <>
                <p>{AUDIT.saveText}</p>
                <Button id="save" look="secondary" onClick={() => save.run()} busy={save.busy && AUDIT.saving}>
                  {AUDIT.save}
                </Button>
              </>
            )}
            {copy && (
              <InsetText>
                <p>{AUDIT.saved(copy)}</p>
                <p className="ra-address">
                  <code className="ra-code">{copy.path}</code>
                </p>
              </InsetText>
            )}
            {result !== "intact" && result !== "unknown" && !audit.asked && (
              <>
                <h2 className="nhsuk-heading-m">{AUDIT.begin}</h2>
                <p>{AUDIT.beginText}</p>
                <Button id="begin" look="secondary" onClick={() => begin.run()} busy={begin.busy && AUDIT.saving}>
                  {AUDIT.begin}
                </Button>
              </>
            )}
          </Page>
        );
      }}
    </Asked>
  );
}

function resultOf(audit: AuditView): keyof typeof AUDIT.results {
  if (audit.first_bad !== null) return "broken";
  if (audit.differs) return "differs";
  if (!audit.signs) return "unsigned";
  return audit.key_known ? "intact" : "unknown";
}

function Found({ audit, result }: { audit: AuditView; result: keyof typeof AUDIT.results }) {
  const { first_bad: firstBad, why, before } = audit;
  const number = (rows: number | null) => rows?.toLocaleString("en-GB") ?? AUDIT.none;
  const facts = [
    { name: AUDIT.result, value: AUDIT.results[result] },
    { name: firstBad === null ? AUDIT.rows : AUDIT.rowsBefore, value: number(audit.rows) },
    { name: AUDIT.countersigned, value: number(audit.countersigned) },
    { name: AUDIT.last, value: audit.countersigned_at ? AUDIT.when(audit.countersigned_at) : AUDIT.never },
  ];
  if (firstBad !== null) {
    facts.splice(2, 0, { name: AUDIT.firstBad, value: `${number(firstBad)}. ${why ? AUDIT.faults[why] : ""}` });
  }
  if (before) {
    facts.push({ name: AUDIT.before, value: AUDIT.beforeText(before.device, before.rows, before.why) });
  }
  return (
    <>
      <Facts facts={facts} />
      {result !== "intact" && (
        <InsetText>
          {result === "differs" && <p>{AUDIT.differsText}</p>}
          {result === "unsigned" && <p>{AUDIT.unsignedText}</p>}
          <p id="keep">{why === "older_copy" || result === "differs" ? AUDIT.keepOlder : AUDIT.keep}</p>
        </InsetText>
      )}
    </>
  );
}
