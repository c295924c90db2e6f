import { type AuditView, type RecoveryView, useAct, useCommand, useDesk } from "../bridge";
import { AUDIT, RECOVERY } from "../content/upkeep";
import { Asked } from "../frame/asked";
import { FaultSummary, Heading, Page } from "../frame/page";
import { usePlaces } from "../frame/places";
import { Button, Facts, InsetText } from "../nhs";

/** The file was damaged: what was recovered and what was not, in numbers, until somebody has read it. */
export function Recovered({ recovery, done }: { recovery: RecoveryView; done: () => void }) {
  const desk = useDesk();
  const title = RECOVERY.title(recovery);
  const read = useAct(async () => {
    await desk.acknowledgeRecovery();
    done();
  });
  return (
    <Page name="recovered" title={title} problem={read.fault !== null}>
      <FaultSummary fault={read.fault} attempt={read.faults} />
      <Heading>{title}</Heading>
      <InsetText>
        <p id="recovered">{RECOVERY.recovered(recovery)}</p>
        <p id="lost">{RECOVERY.lost(recovery)}</p>
      </InsetText>
      <p>{RECOVERY.toSend(recovery)}</p>
      <h2 className="nhsuk-heading-m">{RECOVERY.next}</h2>
      {RECOVERY.steps.map((step) => (
        <p key={step}>{step}</p>
      ))}
      <p className="ra-address">
        <code className="ra-code">{recovery.set_aside}</code>
      </p>
      <Button id="primary" onClick={() => read.run()} busy={read.busy && RECOVERY.reading}>
        {RECOVERY.read}
      </Button>
    </Page>
  );
}

/** Whether the audit of this computer is as it was written. */
export function Audit() {
  const desk = useDesk();
  const { back } = usePlaces();
  const answer = useCommand("checkAudit");
  const begin = useAct(async () => {
    await desk.beginNewAudit();
    answer.again();
  });
  return (
    <Asked answer={answer} loading={AUDIT.checking}>
      {(audit) => {
        const result = resultOf(audit);
        return (
          <Page name="audit" title={AUDIT.title} status={result} onBack={back} problem={begin.fault !== null}>
            <FaultSummary fault={begin.fault} attempt={begin.faults} />
            <Heading>{AUDIT.title}</Heading>
            <p>{AUDIT.lead}</p>
            <Found audit={audit} result={result} />
            <Button id="primary" look="secondary" onClick={answer.again} busy={answer.asking && AUDIT.checking}>
              {AUDIT.again}
            </Button>
            <p>{AUDIT.export}</p>
            <p>
              <code className="ra-code">ra-desk audit export --csv FILE</code>
            </p>
            {audit.asked && <p id="asked">{AUDIT.asked}</p>}
            {result !== "intact" && !audit.asked && (
              <>
                <h2 className="nhsuk-heading-m">{AUDIT.begin}</h2>
                <p>{AUDIT.beginText}</p>
                <Button id="begin" look="secondary" onClick={() => begin.run()} busy={begin.busy && AUDIT.beginning}>
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
  return audit.signs ? "intact" : "unsigned";
}

function Found({ audit, result }: { audit: AuditView; result: keyof typeof AUDIT.results }) {
  const { first_bad: firstBad, why, before } = audit;
  const number = (rows: number | null) => rows?.toLocaleString("en-GB") ?? AUDIT.never;
  const facts = [
    { name: AUDIT.result, value: AUDIT.results[result] },
    { name: AUDIT.rows, value: number(audit.rows) },
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
          <p>{AUDIT.keep}</p>
        </InsetText>
      )}
    </>
  );
}
