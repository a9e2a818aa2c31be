/** A column of rows. */
export interface Column {
  label: string
  /** The choices of a select; left out for a text. */
  choices?: readonly { readonly value: string; readonly label: string }[]
  /** The id of a datalist. */
  suggestions?: string
}
