"""What people mean when columns and tables come and go: labelled, to measure what is asked about.

`None` as a new name: the old one is dropped, and nothing that comes is it. The cases are small tables of the kind that
real projects have; each of them says all that happened in one revision.
"""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """One table before and after, and what became of the columns that are gone."""

    before: str
    after: str
    became: dict[str, str | None]


COLUMNS = (
    # -- another name for the same thing, and nothing else
    Case("id integer!, full_name varchar(80)!, email text", "id integer!, display_name varchar(80)!, email text",
         {"full_name": "display_name"}),
    Case("id integer!, mail varchar(120)!, age integer", "id integer!, email varchar(120)!, age integer",
         {"mail": "email"}),
    Case("id integer!, notes text", "id integer!, biography text", {"notes": "biography"}),
    Case("id integer!, qty integer!, price numeric(10, 2)!", "id integer!, quantity integer!, price numeric(10, 2)!",
         {"qty": "quantity"}),
    Case("id integer!, addr text, city text", "id integer!, address text, city text", {"addr": "address"}),
    Case("id integer!, dob date", "id integer!, date_of_birth date", {"dob": "date_of_birth"}),
    Case("id integer!, created timestamp!, title text", "id integer!, created_at timestamp!, title text",
         {"created": "created_at"}),
    Case("id integer!, is_active boolean!", "id integer!, active boolean!", {"is_active": "active"}),
    Case("id integer!, active boolean!", "id integer!, enabled boolean!", {"active": "enabled"}),
    Case("id integer!, userName varchar(40)!", "id integer!, user_name varchar(40)!", {"userName": "user_name"}),
    Case("id integer!, colour varchar(20)", "id integer!, color varchar(20)", {"colour": "color"}),
    Case("id integer!, descripton text", "id integer!, description text", {"descripton": "description"}),
    Case("id integer!, tel varchar(40), fax varchar(40)", "id integer!, phone varchar(40), fax varchar(40)",
         {"tel": "phone"}),
    Case("uid integer!, name text; pk(uid)", "id integer!, name text; pk(id)", {"uid": "id"}),
    Case("id integer!, payload json", "id integer!, body json", {"payload": "body"}),
    Case("id integer!, state varchar(20)! = 'new'", "id integer!, status varchar(20)! = 'new'", {"state": "status"}),
    Case("id integer!, start_date date!, end_date date!", "id integer!, begins_on date!, end_date date!",
         {"start_date": "begins_on"}),
    # -- what keys say
    Case("id integer!, user_id integer!, body text; fk(user_id > users)",
         "id integer!, author_id integer!, body text; fk(author_id > users)", {"user_id": "author_id"}),
    Case("id integer!, owner integer, team_id integer; fk(owner > users)",
         "id integer!, team_id integer, responsible_id integer; fk(responsible_id > users)",
         {"owner": "responsible_id"}),
    Case("id integer!, code varchar(8)!, a text; unique(code)", "id integer!, a text, sku varchar(8)!; unique(sku)",
         {"code": "sku"}),
    Case("id integer!, age integer; check(age > 0)", "id integer!, years integer; check(years > 0)",
         {"age": "years"}),
    # -- two at once, and one that goes beside one that is renamed
    Case("id integer!, fname varchar(40), lname varchar(40)",
         "id integer!, first_name varchar(40), last_name varchar(40)",
         {"fname": "first_name", "lname": "last_name"}),
    Case("id integer!, ship_street text, bill_street text", "id integer!, shipping_street text, billing_street text",
         {"ship_street": "shipping_street", "bill_street": "billing_street"}),
    Case("id integer!, amount numeric(10, 2)!, memo text, legacy_flag boolean",
         "id integer!, total_amount numeric(10, 2)!, memo text", {"amount": "total_amount", "legacy_flag": None}),
    Case("id integer!, title varchar(200)!, body text, slug varchar(200)!; unique(slug)",
         "id integer!, headline varchar(200)!, content text, slug varchar(200)!; unique(slug)",
         {"title": "headline", "body": "content"}),
    Case("id integer!, lat float, lng float", "id integer!, latitude float, longitude float",
         {"lat": "latitude", "lng": "longitude"}),
    Case("id integer!, width integer, height integer", "id integer!, width_px integer, height_px integer",
         {"width": "width_px", "height": "height_px"}),
    Case("id integer!, a_user_id integer!, b_user_id integer!; fk(a_user_id > users); fk(b_user_id > users)",
         "id integer!, sender_id integer!, receiver_id integer!; fk(sender_id > users); fk(receiver_id > users)",
         {"a_user_id": "sender_id", "b_user_id": "receiver_id"}),
    # -- another type as well
    Case("id integer!, price integer!, sku text", "id integer!, price_cents bigint!, sku text",
         {"price": "price_cents"}),
    Case("id integer!, full_name varchar(80)!, email text", "id integer!, display_name text!, email text",
         {"full_name": "display_name"}),
    Case("id integer!, amount float", "id integer!, total_amount numeric(12, 2)", {"amount": "total_amount"}),
    Case("id integer!, created date!, title text", "id integer!, created_at timestamp!, title text",
         {"created": "created_at"}),
    # -- moved in the class as well, as columns stand last in a database that were added later
    Case("id integer!, name text!, created_at timestamp!, mail varchar(120)",
         "id integer!, name text!, email varchar(120), created_at timestamp!", {"mail": "email"}),
    Case("id integer!, name text!, created_at timestamp!, phone_no varchar(40)",
         "id integer!, phone_number varchar(40), name text!, created_at timestamp!", {"phone_no": "phone_number"}),
    Case("id integer!, a text, b text, zip varchar(10)!, country varchar(2)!",
         "id integer!, postal_code varchar(10)!, a text, b text, country varchar(2)!", {"zip": "postal_code"}),
    # -- clearly something else
    Case("id integer!, age integer, email text", "id integer!, email text, biography text", {"age": None}),
    Case("id integer!, is_admin boolean!, email text", "id integer!, email text, last_login timestamp",
         {"is_admin": None}),
    Case("id integer!, user_id integer!, body text; fk(user_id > users)",
         "id integer!, order_id integer!, body text; fk(order_id > orders)", {"user_id": None}),
    Case("id integer!, avatar bytea, name text", "id integer!, name text, avatar_url text", {"avatar": None}),
    Case("id integer!, name text, created_at timestamp!, legacy_code varchar(8)!",
         "id integer!, name text, newsletter boolean, created_at timestamp!", {"legacy_code": None}),
    Case("id integer!, deleted boolean!, name text", "id integer!, name text, deleted_at timestamp",
         {"deleted": None}),
    Case("id integer!, settings text, name text", "id integer!, name text, team_id integer; fk(team_id > teams)",
         {"settings": None}),
    Case("id integer!, team_id integer!, name text; fk(team_id > teams)", "id integer!, name text, score integer",
         {"team_id": None}),
    Case("id integer!, start_date date!, name text, place text", "id integer!, name text, place text, end_date date",
         {"start_date": None}),
    Case("id integer!, created_at timestamp!, name text, place text",
         "id integer!, name text, place text, deleted_at timestamp", {"created_at": None}),
    Case("id integer!, min_price integer!, name text, place text",
         "id integer!, name text, place text, max_price integer", {"min_price": None}),
    Case("id integer!, tags json, name text", "id integer!, name text, weight numeric(8, 3)", {"tags": None}),
    Case("id integer!, token uuid!, name text", "id integer!, name text, logins integer! = 0", {"token": None}),
    Case("id integer!, a varchar(40)!, name text!, b text, fax varchar(40), city varchar(80)!",
         "id integer!, a varchar(40)!, name text!, b text, city varchar(80)!, marketing_opt_in boolean! = false, "
         "discount numeric(4, 2)", {"fax": None}),
    # -- more of each
    Case("id integer!, username varchar(64)!, email text; unique(username)",
         "id integer!, login varchar(64)!, email text; unique(login)", {"username": "login"}),
    Case("id integer!, email text!, hashed_password varchar(128)!",
         "id integer!, email text!, password_hash varchar(128)!",
         {"hashed_password": "password_hash"}),
    Case("id integer!, published boolean, title text", "id integer!, is_published boolean! = false, title text",
         {"published": "is_published"}),
    Case("id integer!, img_url varchar(255), alt text", "id integer!, image_url varchar(255), alt text",
         {"img_url": "image_url"}),
    Case("id integer!, ts timestamp!, level smallint!", "id integer!, recorded_at timestamp!, level smallint!",
         {"ts": "recorded_at"}),
    Case("id integer!, ref varchar(40), cust_name varchar(80), cust_mail varchar(80)",
         "id integer!, reference varchar(40), customer_name varchar(80), customer_email varchar(80)",
         {"ref": "reference", "cust_name": "customer_name", "cust_mail": "customer_email"}),
    Case("id integer!, org_id integer!, name text; fk(org_id > orgs); index(org_id, name)",
         "id integer!, organization_id integer!, name text; fk(organization_id > orgs); index(organization_id, name)",
         {"org_id": "organization_id"}),
    Case("id integer!, parent integer, name text; fk(parent > t)",
         "id integer!, parent_id integer, name text; fk(parent_id > t)",
         {"parent": "parent_id"}),
    Case("id integer!, data jsonb!, kind varchar(16)!", "id integer!, attributes jsonb!, kind varchar(16)!",
         {"data": "attributes"}),
    Case("id integer!, name text, weight_kg float, colour text", "id integer!, name text, mass_kg float, colour text",
         {"weight_kg": "mass_kg"}),
    Case("id integer!, price numeric(8, 2)!, currency varchar(3)!",
         "id integer!, unit_price numeric(10, 2)!, currency varchar(3)!", {"price": "unit_price"}),
    Case("id integer!, active_since date, name text", "id integer!, joined_on date, name text",
         {"active_since": "joined_on"}),
    Case("id integer!, title text, views integer! = 0, likes integer! = 0",
         "id integer!, title text, view_count integer! = 0, like_count integer! = 0",
         {"views": "view_count", "likes": "like_count"}),
    Case("id integer!, comment text, approved boolean! = false, ip varchar(45)",
         "id integer!, body text, moderated boolean! = false",
         {"comment": "body", "approved": "moderated", "ip": None}),
    Case("id integer!, fax varchar(40), name text", "id integer!, website varchar(200), name text", {"fax": None}),
    Case("id integer!, name text, score integer", "id integer!, name text, retries integer! = 0", {"score": None}),
    Case("id integer!, is_staff boolean! = false, name text, town text",
         "id integer!, name text, town text, newsletter boolean! = false", {"is_staff": None}),
    Case("id integer!, nickname varchar(40), name text", "id integer!, country varchar(2)!, name text",
         {"nickname": None}),
    Case("id integer!, name text, birthday date, phone varchar(40)",
         "id integer!, name text, phone varchar(40), last_seen_at timestamp, locale varchar(5)! = 'en'",
         {"birthday": None}),
    Case("id integer!, company_id integer; fk(company_id > companies)",
         "id integer!, invited_by_id integer; fk(invited_by_id > users)", {"company_id": None}),
    Case("id integer!, body_html text, body text", "id integer!, body text, body_size integer", {"body_html": None}),
    Case("id integer!, price integer!, name text", "id integer!, name text, priced_at timestamp", {"price": None}),
    Case("id integer!, file bytea!, name text", "id integer!, file_id integer!, name text; fk(file_id > files)",
         {"file": None}),
)  # fmt: skip


class Tables(NamedTuple):
    """Some tables before and after, and what became of those that are gone."""

    before: str
    after: str
    became: dict[str, str | None]


TABLES = (
    Tables("user: id integer!, name text, email text; pk(id)", "users: id integer!, name text, email text; pk(id)",
           {"user": "users"}),
    Tables("users: id integer!, name text, email text; pk(id)", "people: id integer!, name text, email text; pk(id)",
           {"users": "people"}),
    Tables("users: id integer!, name text, email text; pk(id)",
           "accounts: id integer!, name text, email text, phone text; pk(id)", {"users": "accounts"}),
    Tables("users: id integer!, full_name text, email text; pk(id)",
           "people: id integer!, display_name text, email text; pk(id)", {"users": "people"}),
    Tables("tbl_order: id integer!, total numeric(10, 2)!; pk(id)\n"
           "line: id integer!, order_id integer!; fk(order_id > tbl_order)",
           "orders: id integer!, total numeric(10, 2)!; pk(id)\n"
           "line: id integer!, order_id integer!; fk(order_id > orders)",
           {"tbl_order": "orders"}),
    Tables("blog_post: id integer!, title text, body text\nblog_tag: id integer!, label varchar(40)!",
           "post: id integer!, title text, body text\ntag: id integer!, label varchar(40)!",
           {"blog_post": "post", "blog_tag": "tag"}),
    Tables("user_group: user_id integer!, group_id integer!", "membership: user_id integer!, group_id integer!",
           {"user_group": "membership"}),
    Tables("order: id integer!, total integer, note text, paid boolean",
           "orders: id integer!, total bigint, remark text, paid boolean, paid_at timestamp", {"order": "orders"}),
    Tables("team: id integer!\nusers: id integer!, full_name varchar(80)!, team_id integer, bio text; pk(id); "
           "index(full_name); fk(team_id > team)",
           "team: id integer!\npeople: id integer!, display_name varchar(80)!, group_id integer; pk(id); "
           "index(display_name); fk(group_id > team)", {"users": "people"}),
    Tables("customer_addresses: id integer!, customer_id integer!, street text!, zip varchar(10)!; fk(customer_id > c)",
           "addresses: id integer!, customer_id integer!, street text!, postal_code varchar(10)!, country varchar(2); "
           "fk(customer_id > c)", {"customer_addresses": "addresses"}),
    Tables("a: id integer!, user_id integer!\nb: id integer!, user_id integer!\n"
           "news: id integer!, headline text!, text text!, author_id integer",
           "a: id integer!, user_id integer!\nb: id integer!, user_id integer!\n"
           "articles: id integer!, title text!, body text!, author_id integer", {"news": "articles"}),
    # -- clearly something else
    Tables("a: id integer!, user_id integer!\nb: id integer!, user_id integer!\nc: id integer!, user_id integer!\n"
           "user_tokens: id integer!, user_id integer!, token varchar(64)!, expires_at timestamp",
           "a: id integer!, user_id integer!\nb: id integer!, user_id integer!\nc: id integer!, user_id integer!\n"
           "user_devices: id integer!, user_id integer!, name text!, last_seen timestamp", {"user_tokens": None}),
    Tables("a: id integer!, name text!\nb: id integer!, name text!\n"
           "suppliers: id integer!, name text!, vat_id varchar(20)",
           "a: id integer!, name text!\nb: id integer!, name text!\n"
           "warehouses: id integer!, name text!, lat float, lng float",
           {"suppliers": None}),
    Tables("orders: id integer!, customer_id integer!, total numeric(10, 2)!, ordered_at timestamp!\nx: id integer!",
           "order_items: id integer!, order_id integer!, product_id integer!, quantity integer!\nx: id integer!",
           {"orders": None}),
    Tables("wishes: id integer!, user_id integer!, product text!\nx: id integer!, user_id integer!",
           "ratings: id integer!, user_id integer!, stars smallint!, comment text\nx: id integer!, user_id integer!",
           {"wishes": None}),
    Tables("users: id integer!, email text!, password_hash varchar(60)!, created_at timestamp!\n"
           "kept: id integer!, created_at timestamp!",
           "invoices: id integer!, number varchar(20)!, total numeric(10, 2)!, due date, created_at timestamp!\n"
           "kept: id integer!, created_at timestamp!", {"users": None}),
    Tables("sessions: id integer!, token uuid!, expires_at timestamp!",
           "countries: code varchar(2)!, name text!", {"sessions": None}),
    Tables("audit_log: id integer!, actor text, action text, at timestamp!",
           "feature_flags: name varchar(40)!, is_on boolean!, rollout integer", {"audit_log": None}),
    Tables("user_roles: user_id integer!, role varchar(20)!",
           "user_settings: user_id integer!, settings json!, theme text",
           {"user_roles": None}),
    Tables("payments: id integer!, order_id integer!, amount numeric(10, 2)!, method varchar(20)!, paid_at timestamp!",
           "shipments: id integer!, order_id integer!, carrier text!, tracking varchar(40), shipped_at timestamp",
           {"payments": None}),
)  # fmt: skip
