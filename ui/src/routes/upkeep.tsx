import { useState } from "react";
import { type AuditCopyView, type AuditView, type RecoveryView, useAct, useCommand, useDesk } from "../bridge";
import { AUDIT, RECOVERY } from "../content/upkeep";
import { Asked } from "../frame/asked";
import { FaultSummary, Heading, Page } from "../frame/page";
import { usePlaces } from "../frame/places";
import { useAnnounce, useShell, useSignedIn } from "../frame/session";
import { Button, Facts, InsetText, Path, WarningCallout } from "../nhs";

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
          <Path>{recovery.set_aside}</Path>
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
            <FaultSummary
              fault={begin.fault}
              attempt={begin.faults}
              words={begin.fault?.code === "NOT_PERMITTED" ? AUDIT.notBegun : undefined}
            />
            <FaultSummary
              fault={save.fault}
              attempt={save.faults}
              words={UNWRITTEN.has(save.fault?.code) ? AUDIT.notSaved : undefined}
            />
            <Heading>{AUDIT.title}</Heading>
            <Result audit={audit} result={result} />
            <Numbers audit={audit} />
            <Button id="primary" look="secondary" onClick={answer.again} busy={answer.asking && AUDIT.checking}>
              {AUDIT.again}
            </Button>
            {result !== "intact" && result !== "unknown" && !audit.asked && (
              <>
                <h2 className="nhsuk-heading-m">{AUDIT.begin}</h2>
                <p>{person.may_register ? AUDIT.beginText : AUDIT.beginOther}</p>
                {person.may_register && (
                  <Button id="begin" look="secondary" onClick={() => begin.run()} busy={begin.busy && AUDIT.saving}>
                    {AUDIT.begin}
                  </Button>
                )}
              </>
            )}
            <h2 className="nhsuk-heading-m">{AUDIT.whatIsInIt}</h2>
            <p>{AUDIT.lead}</p>
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
                  <Path>{copy.path}</Path>
                </p>
              </InsetText>
            )}
          </Page>
        );
      }}
    </Asked>
  );
}

type Result = keyof typeof AUDIT.results;

function resultOf(audit: AuditView): Result {
  if (audit.first_bad !== null) return "broken";
  if (audit.differs) return "differs";
  if (!audit.signs) return "unsigned";
  return audit.key_known ? "intact" : "unknown";
}

/** What came of it, before all numbers; where it is not whole, with what to do. */
function Result({ audit: { first_bad: firstBad, why, asked }, result }: { audit: AuditView; result: Result }) {
  if (result === "intact") {
    return (
      <p id="result">
        <strong>{AUDIT.results.intact}.</strong>
      </p>
    );
  }
  return (
    <WarningCallout id="result">
      <WarningCallout.Heading headingLevel="h2">{AUDIT.results[result]}</WarningCallout.Heading>
      {firstBad !== null && <p id="first-bad">{AUDIT.firstBad(firstBad, why)}</p>}
      {result === "differs" && <p>{AUDIT.differsText}</p>}
      {result === "unsigned" && <p>{AUDIT.unsignedText}</p>}
      <p id="keep">{why === "older_copy" || result === "differs" ? AUDIT.keepOlder : AUDIT.keep}</p>
      {asked && <p id="asked">{AUDIT.asked}</p>}
    </WarningCallout>
  );
}

function Numbers({
  audit: { first_bad: firstBad, rows, countersigned, countersigned_at: at, before },
}: {
  audit: AuditView;
}) {
  const number = (count: number | null) => count?.toLocaleString("en-GB") ?? AUDIT.none;
  const facts = [
    { name: firstBad === null ? AUDIT.rows : AUDIT.rowsBefore, value: number(rows) },
    { name: AUDIT.countersigned, value: number(countersigned) },
    { name: AUDIT.last, value: at ? AUDIT.when(at) : AUDIT.never },
  ];
  if (before) {
    facts.push({ name: AUDIT.before, value: AUDIT.beforeText(before.device, before.rows, before.why) });
  }
  return <Facts facts={facts} />;
}
