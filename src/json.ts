/** The properties of an event or a person, by name. */
export type Properties = Readonly<Record<string, unknown>>

/** The value as JSON text, with an empty text for `undefined`. Returns `undefined` if the value is nested too deeply. */
export function jsonText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value === undefined ? '' : value)
  } catch {
    return undefined
  }
}

/** The object's own property of that name; `undefined` if it is inherited, missing, or `object` is not an object. */
export function ownProperty(object: unknown, name: string): unknown {
  const isObject = typeof object === 'object' && object !== null
  return isObject && Object.prototype.hasOwnProperty.call(object, name) ? (object as Properties)[name] : undefined
}

/** True for an object that is not an array. */
export function isRecord(value: unknown): value is Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** True for a `Date`, a valid or an invalid one. */
export function isDate(value: unknown): value is Date {
  return value instanceof Date
}
