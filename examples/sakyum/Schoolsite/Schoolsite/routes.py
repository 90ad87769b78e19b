"""The application, with its routes."""

from flask import Flask

from .config import Config, db


def create_app() -> Flask:
    """The application. It makes what tables are missing, as many do that have met no migrations yet."""
    app = Flask(__name__)
    app.config.from_object(Config)
    db.init_app(app)

    from exam.views import exam

    app.register_blueprint(exam)
    with app.app_context():
        db.create_all()
    return app
