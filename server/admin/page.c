// SPDX-License-Identifier: MIT
//
// page: the files of page/ and Chart.js are part of the program.
//
// A browser runs nothing that is not one of them, asks nobody but this plane, and lets no other
// page frame it: what a name of a rule or of a user holds is text.
#include "admin/page.h"

#include "page_chart.min.js.h"
#include "page_charts.js.h"
#include "page_figures.js.h"
#include "page_icon.svg.h"
#include "page_index.html.h"
#include "page_main.js.h"
#include "page_orders.js.h"
#include "page_panels.js.h"
#include "page_rules.js.h"
#include "page_service.js.h"
#include "page_style.css.h"
#include "page_words.js.h"

#include <stddef.h>

#define SCRIPT "text/javascript; charset=utf-8"
#define POLICY                                                                                     \
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "                \
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

struct file {
    const char *name, *type, *bytes;
    size_t size;
};

static const struct file index_file = {"", "text/html; charset=utf-8", INDEX_HTML,
                                       sizeof INDEX_HTML};

static const struct file assets[] = {
    {"chart.js", SCRIPT, CHART_MIN_JS, sizeof CHART_MIN_JS},
    {"charts.js", SCRIPT, CHARTS_JS, sizeof CHARTS_JS},
    {"figures.js", SCRIPT, FIGURES_JS, sizeof FIGURES_JS},
    {"icon.svg", "image/svg+xml", ICON_SVG, sizeof ICON_SVG},
    {"main.js", SCRIPT, MAIN_JS, sizeof MAIN_JS},
    {"orders.js", SCRIPT, ORDERS_JS, sizeof ORDERS_JS},
    {"panels.js", SCRIPT, PANELS_JS, sizeof PANELS_JS},
    {"rules.js", SCRIPT, RULES_JS, sizeof RULES_JS},
    {"service.js", SCRIPT, SERVICE_JS, sizeof SERVICE_JS},
    {"style.css", "text/css; charset=utf-8", STYLE_CSS, sizeof STYLE_CSS},
    {"words.js", SCRIPT, WORDS_JS, sizeof WORDS_JS},
};

static void
reply_file(struct request *r, const struct file *f)
{
    struct text t;
    text_init(&t);
    text_add(&t, f->bytes, f->size);
    reply_text(r, 200, f->type, &t);
    reply_header(r, "Content-Security-Policy", "%s", POLICY);
    reply_header(r, "Referrer-Policy", "no-referrer");
}

void
page_show(struct request *r)
{
    reply_file(r, &index_file);
}

void
page_show_asset(struct request *r)
{
    for (size_t i = 0; i < sizeof assets / sizeof assets[0]; i++)
        if (span_is(r->params[0], assets[i].name)) {
            reply_file(r, &assets[i]);
            return;
        }
    reply_problem(r, "path-not-found", "There is nothing at this path.");
}
