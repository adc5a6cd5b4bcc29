// SPDX-License-Identifier: MIT
//
// overdue: the answer to a request whose work takes too long.
//
// The request waits for something that may never come, a disk that hangs, and belongs to whoever
// will resume it; the library knows it as suspended and sends nothing. So the answer goes to the
// socket past both of them, and the connection ends behind it.
#ifndef HTTP_OVERDUE_H
#define HTTP_OVERDUE_H

struct connection;

// Only of a suspended request for which nobody else will answer: the reaper's thread, which has
// made sure of that. Sends what the socket takes at once, and then its end.
void overdue_answer(struct connection *c, int fd);
// What counts as its reply, once the work is done: the same again. The listener's thread.
void overdue_note(struct connection *c);

#endif
