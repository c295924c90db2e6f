import { type KeyboardEvent, type ReactNode, useRef } from "react";

interface TabsProps<V extends string> {
  label: string;
  tabs: { value: V; label: string; count: number }[];
  current: V;
  onChoose: (value: V) => void;
  children: ReactNode;
}

/** Tabs with counts. Arrow keys move between them, along the line that they stand in; only the current one is in the order
 * of Tab. */
export function Tabs<V extends string>({ label, tabs, current, onChoose, children }: TabsProps<V>) {
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent) => {
    const at = tabs.findIndex((tab) => tab.value === current);
    // In a row they leave the keys for up and down to scrolling.
    const stacked = list.current && getComputedStyle(list.current).flexDirection === "column";
    const keys: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 };
    if (stacked) Object.assign(keys, { ArrowDown: at + 1, ArrowUp: at - 1 });
    const to = keys[event.key];
    const next = to === undefined ? undefined : tabs[(to + tabs.length) % tabs.length];
    if (!next) return;
    event.preventDefault();
    onChoose(next.value);
    list.current?.querySelector<HTMLElement>(`#tab-${next.value}`)?.focus();
  };
  return (
    <div className="nhsuk-tabs ra-tabs">
      <div className="ra-tabs__list" role="tablist" aria-label={label} ref={list} onKeyDown={move}>
        {tabs.map((tab) => (
          <button
            type="button"
            key={tab.value}
            id={`tab-${tab.value}`}
            role="tab"
            aria-selected={tab.value === current}
            aria-controls="tab-panel"
            tabIndex={tab.value === current ? 0 : -1}
            className="ra-tabs__tab"
            onClick={() => onChoose(tab.value)}
          >
            {tab.label} <span className="ra-tabs__count">{tab.count.toLocaleString("en-GB")}</span>
          </button>
        ))}
      </div>
      <div className="ra-tabs__panel" id="tab-panel" role="tabpanel" aria-labelledby={`tab-${current}`}>
        {children}
      </div>
    </div>
  );
}
