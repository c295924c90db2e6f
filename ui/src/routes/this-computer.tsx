import { useAct, useCommand, useDesk } from "../bridge";
import { COMPUTER } from "../content/frame";
import { FaultSummary, Heading, Page } from "../frame/page";
import { usePlaces } from "../frame/places";
import { useAnnounce } from "../frame/session";
import { Button, Heads, InsetText, Path, Table } from "../nhs";
import { PastRecoveries } from "./upkeep";

/** The settings of this computer, where each came from, and what support asks for. */
export function ThisComputer() {
  const { back } = usePlaces();
  const { data } = useCommand("thisComputer");
  return (
    <Page name="this-computer" title={COMPUTER.title} onBack={back}>
      <Heading>{COMPUTER.title}</Heading>
      <p>{COMPUTER.lead}</p>
      <CopyDiagnostics />
      {data && data.faults.length > 0 && (
        <>
          <h2 className="nhsuk-heading-m">{COMPUTER.problems}</h2>
          {data.faults.map((fault) => (
            <InsetText key={fault}>
              <p>{fault}</p>
            </InsetText>
          ))}
        </>
      )}
      <PastRecoveries />
      <h2 className="nhsuk-heading-m">{COMPUTER.settings}</h2>
      {data && (
        <Table responsive className="ra-table">
          <Heads names={[COMPUTER.setting, COMPUTER.value, COMPUTER.from]} />
          <Table.Body>
            {data.settings.map((setting) => (
              <Table.Row key={setting.name}>
                <Table.Cell>
                  {setting.title}
                  <br />
                  <code className="ra-code">{setting.name}</code>
                </Table.Cell>
                <Table.Cell className="ra-address">{setting.value ?? COMPUTER.notSet}</Table.Cell>
                <Table.Cell>
                  {COMPUTER.layers[setting.from]}
                  {setting.place && (
                    <>
                      <br />
                      <span className="ra-quiet ra-address">
                        <Path>{setting.place}</Path>
                      </span>
                    </>
                  )}
                </Table.Cell>
              </Table.Row>
            ))}
          </Table.Body>
        </Table>
      )}
    </Page>
  );
}

/** Copies what support asks for. */
export function CopyDiagnostics() {
  const desk = useDesk();
  const announce = useAnnounce();
  const copy = useAct(async () => {
    await desk.copyDiagnostics();
    announce(COMPUTER.copied);
  });
  const copied = !copy.busy && copy.fault === null && copy.done > 0;
  return (
    <>
      <FaultSummary fault={copy.fault} attempt={copy.faults} />
      <p>{COMPUTER.diagnosticsHelp}</p>
      <Button id="copy-diagnostics" look="secondary" onClick={() => copy.run()} busy={copy.busy && COMPUTER.copying}>
        {COMPUTER.diagnostics}
      </Button>
      {copied && <p id="copied-diagnostics">{COMPUTER.copied}</p>}
    </>
  );
}
