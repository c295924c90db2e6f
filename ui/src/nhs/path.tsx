/** A path of this computer. Where its line is too short it goes on with the next folder, and not in the middle of a name. */
export function Path({ children }: { children: string }) {
  let at = 0;
  const parts = (children.match(/[^\\/]*[\\/]*/g) ?? []).filter(Boolean).map((part) => {
    const from = at;
    at += part.length;
    return (
      <span className="ra-path" key={from}>
        {part}
      </span>
    );
  });
  return <code className="ra-code">{parts}</code>;
}
