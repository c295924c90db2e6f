import type { Status } from "../bridge";
import { HELP } from "../content/frame";
import { SUBMISSION } from "../content/outbox";
import { STATUS, VARIATIONS } from "../content/status";
import { AUDIT } from "../content/upkeep";
import { Heading, Page } from "../frame/page";
import { usePlaces } from "../frame/places";
import { ButtonLink, Heads, StatusTag, Table } from "../nhs";

/** Keys, and what the status words mean. */
export function Help() {
  const { back, go } = usePlaces();
  return (
    <Page name="help" title={HELP.title} onBack={back}>
      <Heading>{HELP.title}</Heading>
      <h2 className="nhsuk-heading-m">{HELP.words}</h2>
      <Table>
        <Heads names={[HELP.word, HELP.meaning]} />
        <Table.Body>
          {(Object.keys(STATUS) as Status[]).map((status) => (
            <Table.Row key={status}>
              <Table.Cell>
                <StatusTag {...STATUS[status]} />
              </Table.Cell>
              <Table.Cell>{HELP.meanings[status]}</Table.Cell>
            </Table.Row>
          ))}
        </Table.Body>
      </Table>
      <h2 className="nhsuk-heading-m">{HELP.standing}</h2>
      <Pairs
        heads={[SUBMISSION.instead, HELP.meaning]}
        rows={Object.values(VARIATIONS).map(({ word, meaning }) => [word, meaning])}
      />
      <h2 className="nhsuk-heading-m">{HELP.otherWords}</h2>
      <Pairs heads={[HELP.otherWord, HELP.meaning]} rows={HELP.glossary} />
      <h2 className="nhsuk-heading-m">{HELP.keys}</h2>
      <Pairs heads={[HELP.key, HELP.does]} rows={HELP.shortcuts} />
      <h2 className="nhsuk-heading-m">{HELP.more}</h2>
      <p>{HELP.moreText}</p>
      <p>
        <ButtonLink id="this-computer" onClick={() => go({ at: "this-computer" })}>
          {HELP.computer}
        </ButtonLink>
      </p>
      <p>
        <ButtonLink id="audit" onClick={() => go({ at: "audit" })}>
          {AUDIT.link}
        </ButtonLink>
      </p>
    </Page>
  );
}

/** Two columns of plain text. */
function Pairs({ heads, rows }: { heads: [string, string]; rows: string[][] }) {
  return (
    <Table>
      <Heads names={heads} />
      <Table.Body>
        {rows.map(([first, second]) => (
          <Table.Row key={first}>
            <Table.Cell>{first}</Table.Cell>
            <Table.Cell>{second}</Table.Cell>
          </Table.Row>
        ))}
      </Table.Body>
    </Table>
  );
}
