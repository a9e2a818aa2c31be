import type { ContactProperty, Json, PropertyType, PropertyValue } from './contract'

const propertyTypes: readonly Json[] = ['string', 'number', 'boolean', 'date'] satisfies PropertyType[]

/** The properties that every team has (P1). */
export const defaultProperties: ContactProperty[] = [
  contactProperty('firstName', 'string'),
  contactProperty('lastName', 'string'),
  contactProperty('email', 'string'),
  contactProperty('notes', 'string'),
  contactProperty('source', 'string'),
  contactProperty('userGroup', 'string'),
  contactProperty('userId', 'string'),
  contactProperty('subscribed', 'boolean'),
  contactProperty('createdAt', 'date'),
]

/** A property with the label that Loops makes of its name: `planName` -> `Plan Name`. */
export function contactProperty(key: string, type: PropertyType): ContactProperty {
  const words = key.replace(/(?<=[a-z\d])(?=[A-Z])/g, ' ')
  return { key, label: words.charAt(0).toUpperCase() + words.slice(1), type }
}

export function isPropertyType(value: Json | undefined): value is PropertyType {
  return value !== undefined && propertyTypes.includes(value)
}

/** The value as a property of `type` stores it; undefined if the type does not fit (V7). Dates become ISO text in UTC (assumed). */
export function valueOfType(value: NonNullable<PropertyValue>, type: PropertyType): PropertyValue | undefined {
  if (type === 'date') return dateValue(value)
  return typeof value === type ? value : undefined
}

const dateText = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/

/** V5: whole milliseconds as a number or as text, or a date with or without a time; UTC where no offset is named. */
function dateValue(value: NonNullable<PropertyValue>): string | undefined {
  const date = new Date(millisecondsOf(value))
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}

function millisecondsOf(value: NonNullable<PropertyValue>): number {
  if (typeof value === 'number') return Number.isInteger(value) ? value : NaN
  if (typeof value === 'boolean') return NaN
  if (/^-?\d+$/.test(value)) return Number(value)
  const [, day, time = '00:00', offset = 'Z'] = dateText.exec(value) ?? []
  return day === undefined ? NaN : Date.parse(`${day}T${time}${offset}`)
}
