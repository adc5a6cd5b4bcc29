// SPDX-License-Identifier: MIT
//
// signals: SIGTERM, SIGINT and SIGHUP become values that one thread waits for; SIGPIPE becomes an
// error of write(2). To be called before any thread is started, because threads inherit what is
// blocked.
#ifndef BASE_SIGNALS_H
#define BASE_SIGNALS_H

void signals_block(void);
void signals_send(int number); // to this process
int signals_wait(void);        // the next signal
int signals_wait_ms(long ms);  // the next signal; 0 after [ms] without one

#endif
