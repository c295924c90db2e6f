import type { Status } from "../bridge";
import { HELP } from "../content/frame";
import { STATUS, VARIATIONS } from "../content/status";
import { AUDIT } from "../content/upkeep";
import { Heading, Page } from "../frame/page";
import { usePlaces } from "../frame/places";
import { ButtonLink, StatusTag, Table } from "../nhs";

/** Keys, and what the status words mean. */
export function Help() {
  const { back, go } = usePlaces();
  return (
    <Page name="help" title={HELP.title} onBack={back}>
      <Heading>{HELP.title}</Heading>
      <h2 className="nhsuk-heading-m">{HELP.words}</h2>
      <Table>
        <Table.Head>
          <Table.Row>
            <Table.Cell>{HELP.word}</Table.Cell>
            <Table.Cell>{HELP.meaning}</Table.Cell>
          </Table.Row>
        </Table.Head>
        <Table.Body>
          {(Object.keys(STATUS) as Status[]).map((status) => (
            <Table.Row key={status}>
              <Table.Cell>
                <StatusTag {...STATUS[status]} />
              </Table.Cell>
              <Table.Cell>{HELP.meanings[status]}</Table.Cell>
            </Table.Row>
          ))}
          {(Object.keys(VARIATIONS) as (keyof typeof VARIATIONS)[]).map((variation) => (
            <Table.Row key={variation}>
              <Table.Cell>
                <StatusTag {...VARIATIONS[variation]} />
              </Table.Cell>
              <Table.Cell>{HELP.variations[variation]}</Table.Cell>
            </Table.Row>
          ))}
        </Table.Body>
      </Table>
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
      <Table.Head>
        <Table.Row>
          {heads.map((head) => (
            <Table.Cell key={head}>{head}</Table.Cell>
          ))}
        </Table.Row>
      </Table.Head>
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
