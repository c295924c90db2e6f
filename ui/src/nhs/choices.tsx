import classNames from "classnames";
import type { ReactNode } from "react";

export interface Choice<V extends string> {
  value: V;
  label: string;
  hint?: string | undefined;
}

interface ChoicesProps<V extends string> {
  /** Field name of the desk; each box has the id `name-value`. */
  name: string;
  legend: ReactNode;
  legendSize?: "s" | "m" | "l" | "xl";
  /** Whether the legend is the page's heading. */
  heading?: boolean;
  hint?: string | undefined;
  error?: string | undefined;
  several?: boolean;
  small?: boolean;
  /** Beside one another where there is room. */
  inline?: boolean;
  choices: Choice<V>[];
  chosen: readonly V[];
  onChoose: (chosen: V[]) => void;
  children?: ReactNode;
}

/** Radios, or checkboxes where several may be chosen. */
export function Choices<V extends string>({
  name,
  legend,
  legendSize = "m",
  heading,
  hint,
  error,
  several,
  small,
  inline,
  choices,
  chosen,
  onChoose,
  children,
}: ChoicesProps<V>) {
  const kind = several ? "checkboxes" : "radios";
  const described = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(" ") || undefined;
  const legendText = heading ? (
    <h1 className="nhsuk-fieldset__heading" tabIndex={-1}>
      {legend}
    </h1>
  ) : (
    legend
  );
  return (
    <div className={`nhsuk-form-group${error ? " nhsuk-form-group--error" : ""}`}>
      <fieldset className="nhsuk-fieldset" aria-describedby={described}>
        <legend className={`nhsuk-fieldset__legend nhsuk-fieldset__legend--${legendSize}`}>{legendText}</legend>
        {children}
        {hint && (
          <div className="nhsuk-hint" id={`${name}-hint`}>
            {hint}
          </div>
        )}
        {error && (
          <span className="nhsuk-error-message" id={`${name}-error`}>
            <span className="nhsuk-u-visually-hidden">Error:</span> {error}
          </span>
        )}
        <div
          className={classNames(`nhsuk-${kind}`, {
            [`nhsuk-${kind}--small`]: small,
            [`nhsuk-${kind}--inline`]: inline,
          })}
        >
          {choices.map((choice) => {
            const id = `${name}-${choice.value}`;
            const checked = chosen.includes(choice.value);
            return (
              <div className={`nhsuk-${kind}__item`} key={choice.value}>
                <input
                  className={`nhsuk-${kind}__input`}
                  id={id}
                  name={name}
                  type={several ? "checkbox" : "radio"}
                  value={choice.value}
                  checked={checked}
                  aria-describedby={choice.hint ? `${id}-hint` : undefined}
                  onChange={() => {
                    if (!several) onChoose([choice.value]);
                    else onChoose(checked ? chosen.filter((v) => v !== choice.value) : [...chosen, choice.value]);
                  }}
                />
                <label className={`nhsuk-label nhsuk-${kind}__label`} htmlFor={id}>
                  {choice.label}
                </label>
                {choice.hint && (
                  <div className={`nhsuk-hint nhsuk-${kind}__hint`} id={`${id}-hint`}>
                    {choice.hint}
                  </div>
                )}
              </div>
            );
          })}
        </div>
      </fieldset>
    </div>
  );
}
