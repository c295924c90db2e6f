import { Table } from "nhsuk-react-components";

/** The names of a table's columns, in a row of their own. */
export function Heads({ names }: { names: string[] }) {
  return (
    <Table.Head>
      <Table.Row>
        {names.map((name) => (
          <Table.Cell key={name}>{name}</Table.Cell>
        ))}
      </Table.Row>
    </Table.Head>
  );
}
