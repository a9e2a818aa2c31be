/** The forms in which a delivery is sent, one after the other, while Loops rejects it. */
import { bodyOf, contactValues, identityOf } from '../loops/request'
import type { LoopsBody, LoopsRequest } from '../loops/request'
import type { Delivery } from './delivery'
import type { Form } from './waiting'

/** Loops may keep the idempotency key of a request that it rejected, so each form has a key of its own. */
const KEY_SUFFIX: Readonly<Record<Form, string>> = {
  'as it is': '',
  'email alone': '-email',
  'own values': '-own',
  'own values, email alone': '-own-email',
}

/** The request of the delivery in that form. */
export function requestIn(form: Form, delivery: Delivery): LoopsRequest {
  const { original, request, waiting } = delivery
  const { idempotencyKey, ...others } = request
  const again = waiting.userIdWasUnknown === true ? '-again' : ''
  return {
    ...others,
    body: bodyIn(form, request.body, original.body),
    ...(idempotencyKey !== undefined && { idempotencyKey: idempotencyKey + again + KEY_SUFFIX[form] }),
  }
}

/** The form that follows if Loops rejects this one; `undefined` if the rejection is final. */
export function nextForm(form: Form, { original, request }: Delivery, status: number): Form | undefined {
  const { email, userId } = identityOf(request.body)
  const mayBeTwoContacts = status === 400 && email !== undefined && userId !== undefined
  const carriesOthers = !isSame(contactValues(request.body), contactValues(original.body))
  switch (form) {
    case 'as it is':
      if (mayBeTwoContacts) return 'email alone'
      return carriesOthers ? 'own values' : undefined
    case 'email alone':
      return carriesOthers ? 'own values' : undefined
    case 'own values':
      return mayBeTwoContacts ? 'own values, email alone' : undefined
    case 'own values, email alone':
      return undefined
  }
}

/** The request with an email added. */
export function withEmail(email: string, request: LoopsRequest): LoopsRequest {
  const body = bodyOf({ ...identityOf(request.body), email }, contactValues(request.body), request.body)
  return { ...request, body }
}

export function isSame(one: object, other: object): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function bodyIn(form: Form, body: LoopsBody, original: LoopsBody): LoopsBody {
  if (form === 'as it is') return body
  if (form === 'email alone') return withoutUserId(body)
  const ownBody = bodyOf(identityOf(body), contactValues(original), original)
  return form === 'own values' ? ownBody : withoutUserId(ownBody)
}

/** Loops finds the contact by the email, and links no user ID. */
function withoutUserId(body: LoopsBody): LoopsBody {
  return Object.fromEntries(Object.entries(body).filter(([name]) => name !== 'userId'))
}
