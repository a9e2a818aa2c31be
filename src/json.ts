export type Properties = Readonly<Record<string, unknown>>

/** `undefined` for what is nested too deeply to be written down. */
export function jsonText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value === undefined ? '' : value)
  } catch {
    return undefined
  }
}

export function own(object: unknown, name: string): unknown {
  const isObject = typeof object === 'object' && object !== null
  return isObject && Object.prototype.hasOwnProperty.call(object, name) ? (object as Properties)[name] : undefined
}

export function isRecord(value: unknown): value is Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isDate(value: unknown): value is Date {
  return value instanceof Date
}
